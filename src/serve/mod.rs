//! Composition root: configuration to adapters to roles.
