defmodule Shop.Order do
  @moduledoc """
  Orders of a shop.

  More.
  """
  use GenServer
  import Ecto.Query, only: [from: 2]
  alias Shop.{Item, Tax}
  alias Shop.Store, as: S
  require Logger

  @limit 10
  defstruct [:name, items: []]
  @type t :: %__MODULE__{name: String.t()}

  @doc "Adds an item."
  @spec add(t, Item.t(), integer) :: t
  def add(%__MODULE__{} = order, item, count \\ 1) when count > 0 do
    local = convert(item)
    S.save(order, local)
  end

  def total(order), do: Enum.sum(order.items)

  # Checks.
  defp valid?(x), do: is_nil(x)

  defmacro twice(expr), do: quote(do: unquote(expr))

  defmodule Inner do
    def deep, do: :ok
  end
end

defprotocol Size do
  def size(data)
end

defimpl Size, for: Map do
  def size(map), do: map_size(map)
end
