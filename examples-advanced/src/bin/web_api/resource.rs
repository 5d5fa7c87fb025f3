//! What a part of the API brings to the whole.

use utoipa_axum::router::OpenApiRouter;

use crate::database::Schema;
use crate::state::App;

pub struct Resource {
    pub routes: fn() -> OpenApiRouter<App>,
    pub schema: Schema,
}
