(data_type name: (_) @name) @definition.class
(newtype name: (_) @name) @definition.class
(type_synonym name: (_) @name) @definition.type
(class name: (_) @name declarations: (_) @body) @definition.interface
(class name: (_) @name) @definition.interface
(data_constructor [(record name: (_) @name) (prefix name: (_) @name)]) @definition.field
(field name: (field_name (variable) @name)) @definition.field
(class_declarations declaration: (signature name: (variable) @name) @definition.method)
(declarations (function name: (_) @name match: (_) @body) @definition.clause)
(declarations (bind name: (_) @name match: (_) @body) @definition.clause)
(declarations (function name: (_) @name) @definition.clause)
(instance_declarations (function name: (_) @name match: (_) @body) @definition.clause)
(instance_declarations (bind name: (_) @name match: (_) @body) @definition.clause)
(instance
  patterns: (type_patterns
    . [(name) @name
       (parens . (apply . constructor: (name) @name))]) declarations: (_) @body) @definition.scope

(declarations (signature) @signature.before)
(haddock) @comment
(comment) @comment
