(identifier) @reference.name
(property_identifier) @reference.member
(shorthand_property_identifier) @reference.name
(pair key: (property_identifier) @reference.none)
(call_expression function: (identifier) @reference.call)
(call_expression function: (member_expression property: (property_identifier) @reference.method))
(new_expression constructor: (identifier) @reference.call)
(new_expression constructor: (member_expression property: (property_identifier) @reference.method))
(decorator (identifier) @reference.call)

(arrow_function parameter: (identifier) @local)
(rest_pattern (identifier) @local)
(array_pattern (identifier) @local)
(pair_pattern value: (identifier) @local)
(pair_pattern key: (property_identifier) @reference.member)
(shorthand_property_identifier_pattern) @local
(for_in_statement left: (identifier) @local)
(catch_clause parameter: (identifier) @local)

(import_statement
  (import_clause (identifier) @import.alias) source: (string) @import.default) @import
(import_statement
  (import_clause (namespace_import (identifier) @import.alias)) source: (string) @import.module) @import
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @import.name !alias)))
  source: (string) @import.module) @import
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @import.name alias: (_) @import.alias)))
  source: (string) @import.module) @import
(import_statement . source: (string) @import.whole) @import
(export_statement
  (export_clause (export_specifier name: (_) @import.name)) source: (string) @import.module) @import
(export_statement "*" @import.name source: (string) @import.module) @import
(variable_declarator
  name: (identifier) @import.alias
  value: (call_expression
    function: (identifier) @keyword (arguments . (string) @import.module))
  (#set! keyword "require")) @import
(variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @import.name)
  value: (call_expression
    function: (identifier) @keyword (arguments . (string) @import.module))
  (#set! keyword "require")) @import
