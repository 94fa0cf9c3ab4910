; inherits: c

(message_expression method: (identifier) @reference.method)
(class_interface superclass: (identifier) @reference.type)
(class_interface category: (identifier) @reference.none)
(class_implementation category: (identifier) @reference.none)
(protocol_reference_list (identifier) @reference.type)
(class_declaration (identifier) @reference.none)
(protocol_forward_declaration (identifier) @reference.none)
(property_attribute (identifier) @reference.none)
(property_implementation) @skip
(method_declaration (identifier) @reference.none)
(method_definition (identifier) @reference.none)
(method_parameter (identifier) @local)

(module_import path: (identifier) @import.whole) @import
