//! Japanese text from raw bytes: charset labels, detection, decoding.
