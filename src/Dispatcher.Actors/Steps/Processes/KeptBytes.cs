using System.Text;

namespace Dispatcher.Steps.Processes;

/// <summary>The first or the last bytes of an output of any length, within a bound. Grows as needed, so that a quiet command costs little.</summary>
internal sealed class KeptBytes(int limitBytes, bool keepEnd)
{
    private byte[] _bytes = [];
    private int _count;

    /// <summary>True when there was more than is kept.</summary>
    public bool Truncated { get; private set; }

    public void Add(ReadOnlySpan<byte> chunk)
    {
        if (keepEnd) AddToEnd(chunk);
        else AddToBeginning(chunk);
    }

    /// <summary>What was kept, as UTF-8; a character that the cut has halved is left out.</summary>
    public string Text()
    {
        var kept = _bytes.AsSpan(0, _count);
        if (keepEnd && kept.Length > limitBytes) kept = kept[^limitBytes..];
        if (Truncated) kept = keepEnd ? WithoutHalfAtStart(kept) : WithoutHalfAtEnd(kept);
        return Encoding.UTF8.GetString(kept);
    }

    private void AddToBeginning(ReadOnlySpan<byte> chunk)
    {
        var room = limitBytes - _count;
        if (chunk.Length > room)
        {
            Truncated = true;
            chunk = chunk[..room];
        }

        Append(chunk);
    }

    /// <summary>Lets the buffer grow to twice the limit before the older half is dropped, so that each byte is moved once on average.</summary>
    private void AddToEnd(ReadOnlySpan<byte> chunk)
    {
        if (_count + (long)chunk.Length > limitBytes) Truncated = true;
        if (chunk.Length > limitBytes) chunk = chunk[^limitBytes..];
        if (_count + chunk.Length > 2 * limitBytes)
        {
            _bytes.AsSpan(_count - limitBytes, limitBytes).CopyTo(_bytes);
            _count = limitBytes;
        }

        Append(chunk);
    }

    private void Append(ReadOnlySpan<byte> chunk)
    {
        if (_count + chunk.Length > _bytes.Length) Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _count + chunk.Length));
        chunk.CopyTo(_bytes.AsSpan(_count));
        _count += chunk.Length;
    }

    private static Span<byte> WithoutHalfAtStart(Span<byte> bytes)
    {
        var start = 0;
        while (start < bytes.Length && start < 3 && IsContinuation(bytes[start])) start++;
        return bytes[start..];
    }

    private static Span<byte> WithoutHalfAtEnd(Span<byte> bytes)
    {
        var lead = bytes.Length - 1;
        while (lead >= 0 && lead > bytes.Length - 4 && IsContinuation(bytes[lead])) lead--;
        if (lead < 0) return bytes;
        var expected = bytes[lead] switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
        return bytes.Length - lead < expected ? bytes[..lead] : bytes;
    }

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}
