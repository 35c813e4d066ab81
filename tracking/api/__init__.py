"""The part of the API that tells what people did."""
