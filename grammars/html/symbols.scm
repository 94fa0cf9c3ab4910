(element
  (start_tag
    (attribute (attribute_name) @keyword (quoted_attribute_value (attribute_value) @name)))
  (#set! keyword "id")) @definition.element
(element
  (self_closing_tag
    (attribute (attribute_name) @keyword (quoted_attribute_value (attribute_value) @name)))
  (#set! keyword "id")) @definition.element

(comment) @comment
