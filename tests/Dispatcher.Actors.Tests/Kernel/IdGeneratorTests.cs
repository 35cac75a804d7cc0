using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Actors.Tests.Kernel;

public sealed class IdGeneratorTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Ids_GrowWithinAMillisecond_AndFromOneToTheNext()
    {
        var ids = new IdGenerator(_time);
        var made = new List<JobId>();
        for (var n = 0; n < 1000; n++)
        {
            if (n % 100 == 99) _time.Advance(TimeSpan.FromMilliseconds(1));
            made.Add(ids.NextJobId());
        }

        Assert.Equal(made.Order(), made);
        Assert.Equal(made.Count, made.Distinct().Count());
    }

    [Fact]
    public void Ids_Grow_WhenChanceGivesItsLargestNumbers()
    {
        var ids = new LargestChance(_time);
        var made = new List<JobId>();
        for (var n = 0; n < 1000; n++) made.Add(ids.NextJobId());

        Assert.Equal(made.Order(), made);
        Assert.Equal(made.Count, made.Distinct().Count());
    }

    [Fact]
    public void Id_CarriesTheTimeThatIsTold()
    {
        _time.Advance(TimeSpan.FromMicroseconds(12_345_678));

        var id = new IdGenerator(_time).NextJobId(out var at);

        Assert.Equal(_time.GetUtcNow(), at);
        Assert.Equal(JobId.Create(at, new byte[JobId.RandomBytes]).ToString()[..13], id.ToString()[..13]);
    }

    [Fact]
    public void Ids_AreAllDifferent_WhenThreadsMakeThem()
    {
        var ids = new IdGenerator(_time);
        var made = new JobId[10_000];

        Parallel.For(0, made.Length, n => made[n] = ids.NextJobId());

        Assert.Equal(made.Length, made.Distinct().Count());
    }

    private sealed class LargestChance(TimeProvider time) : IdGenerator(time)
    {
        public override void Fill(Span<byte> buffer) => buffer.Fill(0xFF);
    }
}
