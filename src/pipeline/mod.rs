//! Moves one item from stage to stage; knows ports, not products.
