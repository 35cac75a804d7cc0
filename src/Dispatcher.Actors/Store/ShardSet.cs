using System.Buffers.Binary;
using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>Some of a fixed number of shards, over which jobs are spread by their ids; immutable.</summary>
/// <remarks>The shard of a job is the last four bytes of its id, as a big-endian number, modulo the count: bytes of chance, so that shards are even.</remarks>
public sealed class ShardSet
{
    private const int IdBytes = 16;

    private readonly ulong[] _bits;

    /// <param name="shardCount">Of how many.</param>
    /// <param name="shards">Which of them, each from 0 to below the count.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such shard.</exception>
    public ShardSet(int shardCount, IEnumerable<int> shards)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shardCount);
        ShardCount = shardCount;
        Shards = [.. shards.Distinct().Order()];
        _bits = new ulong[(shardCount + 63) / 64];
        foreach (var shard in Shards)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(shard, nameof(shards));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, shardCount, nameof(shards));
            _bits[shard >> 6] |= 1UL << (shard & 63);
        }
    }

    /// <summary>Of how many shards these are some.</summary>
    public int ShardCount { get; }

    /// <summary>The shards in the set, in their order.</summary>
    public ImmutableArray<int> Shards { get; }

    /// <summary>In which of so many shards a job is.</summary>
    public static int ShardOf(JobId id, int shardCount)
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        id.WriteBytes(bytes);
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes[^sizeof(uint)..]) % (uint)shardCount);
    }

    public bool Contains(JobId id) => Contains(ShardOf(id, ShardCount));

    public bool Contains(int shard) => (uint)shard < (uint)ShardCount && (_bits[shard >> 6] & (1UL << (shard & 63))) != 0;

    public override string ToString() => $"{Shards.Length} of {ShardCount} shards";
}
