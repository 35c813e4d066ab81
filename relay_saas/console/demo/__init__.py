"""The story of `make demo`: an organization, its list, a campaign, and the figures at the end."""
