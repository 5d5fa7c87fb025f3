//! A point in time: seconds since 1970 in a column, RFC 3339 in JSON.

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    pub fn now() -> Self {
        Self(jiff::Timestamp::now())
    }

    pub fn as_seconds(self) -> i64 {
        self.0.as_second()
    }
}

impl TryFrom<i64> for Timestamp {
    type Error = jiff::Error;

    fn try_from(seconds: i64) -> Result<Self, jiff::Error> {
        jiff::Timestamp::from_second(seconds).map(Self)
    }
}
