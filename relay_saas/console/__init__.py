"""Pages of no single noun: home, search, the operator's pages; the frame around all pages."""
