//! What an operator does to an item or its deliveries.
