using System.Collections;
using System.Collections.Concurrent;

namespace Atp.Functions.Tests.Telemetry;

/// <summary>Where an in-memory exporter puts things, while a test reads them.</summary>
public sealed class CapturedCollection<T> : ICollection<T>
{
    private readonly ConcurrentQueue<T> items = new();

    public int Count => items.Count;

    public bool IsReadOnly => false;

    public void Add(T item) => items.Enqueue(item);

    public void Clear() => items.Clear();

    public bool Contains(T item) => items.Contains(item);

    public void CopyTo(T[] array, int arrayIndex) => items.CopyTo(array, arrayIndex);

    public bool Remove(T item) => throw new NotSupportedException();

    public IEnumerator<T> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
