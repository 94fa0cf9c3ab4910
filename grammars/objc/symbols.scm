; inherits: c

; Interfaces, categories and implementations are all the class: its parts lie in several places.
(class_interface . (identifier) @name) @definition.class
(class_implementation . (identifier) @name) @definition.class
(protocol_declaration . (identifier) @name) @definition.protocol

; Of `sendParcel:to:` the first word is the name; its signature has them all.
(method_declaration (method_type) . (identifier) @name) @definition.method
(method_definition (method_type) . (identifier) @name (compound_statement) @body) @definition.method
(property_declaration
  (struct_declaration (struct_declarator (identifier) @name))) @definition.field
(property_declaration
  (struct_declaration (struct_declarator (pointer_declarator (identifier) @name)))) @definition.field
(property_declaration
  (struct_declaration
    (struct_declarator
      (function_declarator
        (parenthesized_declarator (block_pointer_declarator (identifier) @name)))))) @definition.field
(instance_variable
  (struct_declaration (struct_declarator (identifier) @name))) @definition.field
(instance_variable
  (struct_declaration (struct_declarator (pointer_declarator (identifier) @name)))) @definition.field
(type_definition
  (function_declarator
    (parenthesized_declarator (block_pointer_declarator (type_identifier) @name)))) @definition.type
