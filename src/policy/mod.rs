//! Rules: a pure function from facts to a decision, with its explanation.
