using System.Collections.Concurrent;
using Dispatcher.Store;

namespace Dispatcher.Web.Stats;

/// <summary>
/// How many jobs of each tenant came and went in the last minute, counted from the journal as it is written: one slot a second, used again each minute.
/// Empty after a start. Tenants beyond <see cref="TenantLimit"/> are not counted.
/// </summary>
internal sealed class RecentRates(TimeProvider time) : IJournalListener
{
    public const int Seconds = 60;
    private const int TenantLimit = 10_000;

    private readonly ConcurrentDictionary<string, Minute> _minutes = new(StringComparer.Ordinal);

    public void Committed(IReadOnlyList<CommittedAppend> appends)
    {
        var second = Now();
        foreach (var append in appends)
        {
            foreach (var @event in append.Events)
            {
                if (KindOf(@event.Type) is { } kind) MinuteOf(append.Address.Tenant)?.Count(second, kind);
            }
        }
    }

    /// <summary>The counts of the last sixty whole seconds and of the one that runs.</summary>
    public RatesView Of(string tenant)
    {
        var counts = _minutes.TryGetValue(tenant, out var minute) ? minute.Sum(Now()) : new int[4];
        return new RatesView(counts[(int)Kind.Created], counts[(int)Kind.Completed], counts[(int)Kind.Failed], counts[(int)Kind.Cancelled]);
    }

    private long Now() => time.GetTimestamp() / time.TimestampFrequency;

    private Minute? MinuteOf(string tenant)
    {
        if (_minutes.TryGetValue(tenant, out var known)) return known;
        return _minutes.Count < TenantLimit ? _minutes.GetOrAdd(tenant, static _ => new Minute()) : null;
    }

    private static Kind? KindOf(string type) => type switch
    {
        "job.created" => Kind.Created,
        "job.completed" => Kind.Completed,
        "job.failed" => Kind.Failed,
        "job.cancelled" or "job.rejected" => Kind.Cancelled,
        _ => null,
    };

    private enum Kind
    {
        Created,
        Completed,
        Failed,
        Cancelled,
    }

    private sealed class Minute
    {
        private readonly Lock _gate = new();
        private readonly long[] _seconds = new long[Seconds + 1];
        private readonly int[,] _counts = new int[Seconds + 1, 4];

        public void Count(long second, Kind kind)
        {
            lock (_gate)
            {
                var slot = (int)(second % _seconds.Length);
                if (_seconds[slot] != second)
                {
                    _seconds[slot] = second;
                    for (var i = 0; i < 4; i++) _counts[slot, i] = 0;
                }

                _counts[slot, (int)kind]++;
            }
        }

        public int[] Sum(long now)
        {
            var sums = new int[4];
            lock (_gate)
            {
                for (var slot = 0; slot < _seconds.Length; slot++)
                {
                    if (now - _seconds[slot] > Seconds) continue;
                    for (var i = 0; i < 4; i++) sums[i] += _counts[slot, i];
                }
            }

            return sums;
        }
    }
}
