//! Development front door.

fn main() {}
