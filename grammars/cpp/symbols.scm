; inherits: c

(function_definition
  declarator: (function_declarator
    declarator: [(identifier) (field_identifier) (destructor_name) (operator_name)
                 (qualified_identifier) (template_function name: (identifier))] @name)
  body: (_) @body) @definition.function
(function_definition
  declarator: (_
    (function_declarator
      declarator: [(identifier) (field_identifier) (operator_name) (qualified_identifier)] @name))
  body: (_) @body) @definition.function
(function_definition
  declarator: (_
    (_ (function_declarator
      declarator: [(identifier) (field_identifier) (operator_name) (qualified_identifier)] @name)))
  body: (_) @body) @definition.function
(function_definition
  declarator: (operator_cast) @name body: (_) @body) @definition.function
; Defaulted and deleted ones, and those that are only declared.
(function_definition
  declarator: (function_declarator
    declarator: [(identifier) (field_identifier) (destructor_name) (operator_name)
                 (qualified_identifier)] @name)) @definition.function
(declaration
  declarator: (function_declarator
    declarator: [(identifier) (destructor_name) (operator_name)] @name)) @definition.function
(declaration
  declarator: (_ (function_declarator declarator: [(identifier) (operator_name)] @name))) @definition.function
(field_declaration
  declarator: (function_declarator
    declarator: [(field_identifier) (destructor_name) (operator_name)] @name)) @definition.method
(field_declaration
  declarator: (_
    (function_declarator declarator: [(field_identifier) (operator_name)] @name))) @definition.method

(class_specifier
  name: [(type_identifier) @name (qualified_identifier) @name
         (template_type name: (type_identifier) @name)]
  body: (_) @body) @definition.class
(struct_specifier
  name: [(qualified_identifier) @name (template_type name: (type_identifier) @name)]
  body: (_) @body) @definition.struct
(namespace_definition name: (_) @name body: (_) @body) @definition.module
(alias_declaration name: (type_identifier) @name) @definition.type
(concept_definition name: (identifier) @name) @definition.type
(declaration
  declarator: (init_declarator
    declarator: (identifier) @name value: (lambda_expression body: (_) @body))) @definition.function
(declaration
  declarator: (init_declarator declarator: (reference_declarator (identifier) @name))) @definition.variable

(template_declaration) @extent.signature
