using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Simulation;

public sealed class SimulatedJobStoreTests
{
    private readonly SimulatedDisk _disk = new();

    [Theory]
    [InlineData(AppendFate.Lost, 0)]
    [InlineData(AppendFate.LandsUnseen, 1)]
    public async Task Append_AnswersUnknown_WhenItsFateIsHidden(AppendFate fate, int landed)
    {
        await using var store = new SimulatedJobStore(_disk, _ => ValueTask.FromResult(fate));

        Assert.IsType<AppendResult.Unknown>(await store.Append(Append(Id(1))));
        Assert.Equal(landed, _disk.Journal.Count);
    }

    [Fact]
    public async Task Append_WaitsInOrder_WhenTheHookDelays()
    {
        var gate = new TaskCompletionSource<AppendFate>();
        await using var store = new SimulatedJobStore(_disk, _ => new ValueTask<AppendFate>(gate.Task));
        var first = store.Append(Append(Id(1))).AsTask();
        var second = store.Append(Append(Id(1), expected: 1)).AsTask();
        Assert.False(first.IsCompleted || second.IsCompleted);
        Assert.Empty(_disk.Journal);

        gate.SetResult(AppendFate.Lands);

        Assert.IsType<AppendResult.Appended>(await first);
        Assert.IsType<AppendResult.Appended>(await second);
    }

    [Fact]
    public async Task Crash_LosesWhatHasNotLanded_AndAnswersNobody()
    {
        var gate = new TaskCompletionSource<AppendFate>();
        var store = new SimulatedJobStore(
            _disk,
            request => request.ExpectedSequenceNr == 0 ? ValueTask.FromResult(AppendFate.Lands) : new ValueTask<AppendFate>(gate.Task));
        await store.Append(Append(Id(1)));
        var lost = store.Append(Append(Id(1), expected: 1)).AsTask();

        store.Crash();
        gate.SetResult(AppendFate.Lands);

        Assert.False(lost.IsCompleted);
        Assert.False(store.Append(Append(Id(2))).IsCompleted);
        await using var next = new SimulatedJobStore(_disk);
        Assert.Single((await next.ReadHistory(Id(1)))!.Events);
        Assert.True(next.Incarnation > store.Incarnation);
    }

    [Fact]
    public async Task Append_IsFenced_WhenTheHookFencesItsWriter()
    {
        await using var store = new SimulatedJobStore(_disk, _ =>
        {
            _disk.FenceOff(1);
            return ValueTask.FromResult(AppendFate.Lands);
        });

        Assert.IsType<AppendResult.Fenced>(await store.Append(Append(Id(1))));
        Assert.Empty(_disk.Journal);
    }
}
