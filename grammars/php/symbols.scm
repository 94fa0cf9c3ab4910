(class_declaration name: (name) @name body: (_) @body) @definition.class
(interface_declaration name: (name) @name body: (_) @body) @definition.interface
(trait_declaration name: (name) @name body: (_) @body) @definition.trait
(enum_declaration name: (name) @name body: (_) @body) @definition.enum
(namespace_definition name: (namespace_name) @name body: (_) @body) @definition.module
(function_definition name: (name) @name body: (_) @body) @definition.function
(method_declaration name: (name) @name body: (_) @body) @definition.method
(method_declaration name: (name) @name) @definition.method
(property_declaration
  (property_element name: (variable_name (name) @name))) @definition.field
(property_promotion_parameter name: (variable_name (name) @name)) @definition.field
(const_declaration (const_element . (name) @name)) @definition.constant
(enum_case name: (name) @name) @definition.field
(expression_statement
  (function_call_expression
    function: (name) @keyword
    arguments: (arguments . (argument (string (string_content) @name))))
  (#set! keyword "define")) @definition.constant

(comment) @comment
