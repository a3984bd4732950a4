//! The command line of Temizu.

fn main() {}
