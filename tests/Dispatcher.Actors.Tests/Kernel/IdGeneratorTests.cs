using System.Collections.Concurrent;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Actors.Tests.Kernel;

public sealed class IdGeneratorTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void NextJobId_Grows_WithinAMillisecondAndWhenTheClockGoesBack()
    {
        var ids = new IdGenerator(_time);
        var made = new List<JobId>();
        for (var n = 0; n < 10_000; n++)
        {
            if (n == 5_000) _time.SetWallClock(_time.GetUtcNow() - TimeSpan.FromHours(1));
            made.Add(ids.NextJobId());
        }

        Assert.Equal(made.Order(), made);
        Assert.Equal(made.Count, made.Distinct().Count());
    }

    [Fact]
    public async Task NextJobId_IsUnique_WhenManyDrawAtOnce()
    {
        var ids = new IdGenerator(_time);
        var made = new ConcurrentBag<JobId>();
        await Parallel.ForAsync(0, 8, (_, _) =>
        {
            for (var n = 0; n < 2_000; n++) made.Add(ids.NextJobId());
            return ValueTask.CompletedTask;
        });

        Assert.Equal(16_000, made.Distinct().Count());
    }

    [Fact]
    public void NextJobId_SaysWhenItWasMade_ToTheMillisecond_AlsoOfOneThatIsAheadOfTheClock()
    {
        var ids = new IdGenerator(_time);
        for (var n = 0; n < 10_000; n++) AssertNames(ids.NextJobId(out var at), at);
    }

    private static void AssertNames(JobId id, DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.WriteBytes(bytes);
        var milliseconds = 0L;
        for (var i = 0; i < 6; i++) milliseconds = (milliseconds << 8) | bytes[i];
        Assert.Equal(at.ToUnixTimeMilliseconds(), milliseconds);
        Assert.Equal(0x70, bytes[6] & 0xF0);
        Assert.Equal(0x80, bytes[8] & 0xC0);
    }
}
