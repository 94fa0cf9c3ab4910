(class_definition name: (identifier) @name body: (_) @body) @definition.class
(class_definition name: (identifier) @name) @definition.class
(trait_definition name: (identifier) @name body: (_) @body) @definition.trait
(trait_definition name: (identifier) @name) @definition.trait
(object_definition name: (identifier) @name body: (_) @body) @definition.object
(object_definition name: (identifier) @name) @definition.object
(enum_definition name: (identifier) @name body: (_) @body) @definition.enum
(simple_enum_case name: (identifier) @name) @definition.field
(full_enum_case name: (identifier) @name) @definition.field
(function_definition name: (_) @name body: (_) @body) @definition.function
(function_declaration name: (_) @name) @definition.function
(type_definition name: (type_identifier) @name) @definition.type
(given_definition name: (_) @name) @definition.variable
(val_definition pattern: (identifier) @name) @definition.variable
(var_definition pattern: (identifier) @name) @definition.variable
(val_declaration name: (identifier) @name) @definition.variable
(var_declaration name: (identifier) @name) @definition.variable
(package_object name: (identifier) @name body: (_) @body) @definition.object

(extension_definition) @extent.signature
(comment) @comment
(block_comment) @comment
