using System;
using System.Collections.Generic;
using Json = Newtonsoft.Json.Linq;
using static System.Math;

namespace Shop.Orders
{
    /// <summary>
    /// An order.
    /// </summary>
    [Serializable]
    public partial class Order<T> : Entity, IComparable where T : class
    {
        private readonly List<T> items = new();
        public const int Limit = 10;
        public string Name { get; set; }
        public event EventHandler Changed;

        public Order(string name) { Name = name; }

        /// <summary>Adds.</summary>
        [Obsolete]
        public async Task<int> AddAsync(T item, int count = 1)
        {
            var local = await Store.SaveAsync(item);
            items.Add(item);
            return Max(local, count);
        }

        public int Total => items.Count;
        public static Order<T> operator +(Order<T> a, Order<T> b) => a;
    }

    public interface IStore { Task Save(string key); }
    public struct Point { public int X; }
    public enum Level { Low, High = 2 }
    public record Person(string First, string Last);
    public delegate void Handler(object sender);
}
