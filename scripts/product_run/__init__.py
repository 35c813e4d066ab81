"""The whole product as processes, driven as people do it: for the tests of the whole way and for faults."""
