"""Property tests of the mail core: no deadline per example, since a busy machine is not a defect."""

from hypothesis import settings

settings.register_profile("mail", deadline=None)
settings.load_profile("mail")
