"""The sending engine: claim -> route -> compose -> sign -> talk -> record, one event loop per run."""
