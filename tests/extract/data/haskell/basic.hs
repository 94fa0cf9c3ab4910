{-# LANGUAGE LambdaCase #-}
module Data.Shop (add, Order(..)) where

import Data.List (sort)
import qualified Data.Map as M

-- | An order.
data Order a = Order { name :: String, items :: [a] } | Empty
  deriving (Show)

newtype Wrap = Wrap Int
type Names = [String]

-- | Sized things.
class Sized a where
  size :: a -> Int
  size _ = 0

instance Sized Order where
  size o = length (items o)

-- | Adds an item.
add :: Ord a => a -> Order a -> Order a
add x (Order n xs) = Order n (sort (x : xs))
add _ Empty = Empty

limit :: Int
limit = 10

größe' x = case x of
  Just y -> go y
  Nothing -> M.empty
  where go = helper
