require "json"
require_relative "lib/tools"

# Things of shops.
module Shop
  LIMIT = 10

  # An order.
  #
  # Details.
  class Order < Base
    include Comparable
    attr_reader :name, :total
    STATES = %w[open closed].freeze

    def initialize(name, *items, tax: 0, &block)
      @name = name
      local = compute(items)
      Tools::Format.run(local)
    end

    # Finds one.
    def self.find(id)
      where(id: id).first
    end

    def <=>(other) = total <=> other.total

    class << self
      def build; new; end
    end

    private

    def empty?; @items.empty?; end
  end
end

def helper(x)
  puts x
end

Point = Struct.new(:x, :y)
