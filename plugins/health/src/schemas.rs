//! The schemas of this plugin's tools. The test that checks them writes them, with `UPDATE_SCHEMAS=1`.

use lamplighter_plugin::StaticSchemas;

pub(crate) const HUE_CHECK_HEALTH: StaticSchemas = StaticSchemas {
    arguments: r#"{"additionalProperties":false,"properties":{},"type":"object"}"#,
    result: r#"{"minProperties":7,"properties":{"data":{"minProperties":7,"properties":{"bridge":{"minProperties":8,"type":"object"},"budget":{"minProperties":5,"type":"object"},"house":{"minProperties":8,"type":["object","null"]},"plugins":{"items":{"minProperties":6,"properties":{"calls":{"type":"integer"},"failures":{"type":"integer"},"name":{"type":"string"},"reason":{"type":["string","null"]},"state":{"type":"string"},"tools":{"items":{"type":"string"},"type":"array"}},"type":"object"},"type":"array"},"problems":{"items":{"type":"string"},"type":"array"},"uptime_seconds":{"type":"integer"},"version":{"type":"string"}},"type":["object","null"]},"errors":{},"lights_affected":{},"message":{},"status":{"enum":["success","partial","failed"]},"success":{},"timestamp":{}},"type":"object"}"#,
};

pub(crate) const HUE_GET_METRICS: StaticSchemas = StaticSchemas {
    arguments: r#"{"additionalProperties":false,"properties":{"tool":{"description":"Shows only the tool of this name.","maxLength":64,"minLength":1,"type":"string"}},"type":"object"}"#,
    result: r#"{"minProperties":7,"properties":{"data":{"minProperties":6,"properties":{"bridge_requests":{"type":"integer"},"calls":{"type":"integer"},"failures":{"type":"integer"},"in_progress":{"type":"integer"},"process":{"minProperties":5,"type":"object"},"tools":{"items":{"minProperties":11,"properties":{"calls":{"type":"integer"},"failures":{"type":"integer"},"in_progress":{"type":"integer"},"max_ms":{"type":"number"},"mean_ms":{"type":"number"},"min_ms":{"type":"number"},"p50_ms":{"type":"number"},"p90_ms":{"type":"number"},"p99_ms":{"type":"number"},"plugin":{"type":"string"},"tool":{"type":"string"}},"type":"object"},"type":"array"}},"type":["object","null"]},"errors":{},"lights_affected":{},"message":{},"status":{"enum":["success","partial","failed"]},"success":{},"timestamp":{}},"type":"object"}"#,
};
