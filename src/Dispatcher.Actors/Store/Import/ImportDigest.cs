using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Dispatcher.Store.Import;

/// <summary>A hash over rows that does not depend on the database from which they were read. Each value comes with its kind and length, so no two rows look alike.</summary>
internal sealed class ImportDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public static string Of(object?[] row)
    {
        using var digest = new ImportDigest();
        digest.Add(row);
        return digest.Finish();
    }

    public void Add(string text) => AddBytes('t', Encoding.UTF8.GetBytes(text));

    /// <summary>How many rows, and each of them.</summary>
    public void Add(IReadOnlyList<object?[]> rows)
    {
        Add((long)rows.Count);
        foreach (var row in rows) Add(row);
    }

    /// <summary>Lower-case hex.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();

    private void Add(object?[] row)
    {
        foreach (var value in row) Add(value);
    }

    private void Add(object? value)
    {
        switch (value)
        {
            case null:
                AddBytes('n', []);
                break;
            case long number:
                Add(number);
                break;
            case string text:
                Add(text);
                break;
            case Guid id:
                AddBytes('i', id.ToByteArray(bigEndian: true));
                break;
            default:
                AddBytes('b', (byte[])value);
                break;
        }
    }

    private void Add(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        AddBytes('l', bytes);
    }

    private void AddBytes(char kind, ReadOnlySpan<byte> bytes)
    {
        Span<byte> head = stackalloc byte[1 + sizeof(int)];
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(head[1..], bytes.Length);
        _hash.AppendData(head);
        _hash.AppendData(bytes);
    }
}
