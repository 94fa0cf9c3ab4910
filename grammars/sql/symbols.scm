(create_table (object_reference name: (_) @name) (column_definitions) @body) @definition.table
(create_table (object_reference name: (_) @name)) @definition.table
(create_view . (_) (object_reference name: (_) @name) (create_query) @body) @definition.view
(create_view (object_reference name: (_) @name)) @definition.view
(create_materialized_view (object_reference name: (_) @name)) @definition.view
(create_function (object_reference name: (_) @name) (function_body) @body) @definition.function
(create_function (object_reference name: (_) @name)) @definition.function
(create_trigger (object_reference name: (_) @name)) @definition.function
(create_type (object_reference name: (_) @name)) @definition.type
(create_index column: (identifier) @name) @definition.index
(create_schema (identifier) @name) @definition.module
(column_definition name: (_) @name) @definition.field
(cte (identifier) @name) @definition.view

(comment) @comment
(marginalia) @comment
