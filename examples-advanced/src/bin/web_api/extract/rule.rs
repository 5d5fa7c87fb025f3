//! Rules for texts: one pattern for the check and for the OpenAPI document.
//! With garde's own `pattern` and `length`, the document would need copies of
//! both.

use regex_lite::Regex;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{Object, Type};

pub struct Rule {
    pattern: Regex,
    max_length: usize,
    detail: &'static str,
}

impl Rule {
    /// The document is made at the start, and with it every rule: a pattern
    /// that is not well formed stops the start.
    pub fn new(pattern: &str, max_length: usize, detail: &'static str) -> Self {
        Self {
            pattern: Regex::new(pattern).expect("a pattern of ours is well formed"),
            max_length,
            detail,
        }
    }

    pub fn check(&self, text: &str) -> garde::Result {
        if text.chars().count() <= self.max_length && self.pattern.is_match(text) {
            return Ok(());
        }
        Err(garde::Error::new(self.detail))
    }

    pub fn schema(&self) -> Object {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(self.detail))
            .pattern(Some(self.pattern.as_str()))
            .max_length(Some(self.max_length))
            .build()
    }
}
