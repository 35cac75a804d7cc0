using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>Real threads and the real clock: the counts hold and everybody is served, whatever the interleaving.</summary>
public sealed class RenderStageStressTests : IAdmissionListener
{
    private const int Workers = 8;
    private const int Cap = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private CountdownEvent _ended = new(1);
    private int[] _taken = [];
    private int _ticketsPerWorker;
    private RenderStage? _stage;
    private int _running;
    private int _mostRunning;

    public static TheoryData<string, int, StageLimits> Limits => new()
    {
        { "cap", 10_000, new StageLimits { MaxConcurrency = Cap } },
        { "tenant cap", 10_000, new StageLimits { MaxConcurrency = Cap, PerTenantMaxConcurrency = 1 } },
        { "rate", 10_000, new StageLimits { MaxConcurrency = Cap, RatePerSecond = 400_000, RateBurst = 2_000 } },

        // In the worst case each of these starts waits for a timer, about a millisecond.
        { "stagger", 200, new StageLimits { MaxConcurrency = Cap, StartDelay = TimeSpan.FromTicks(10) } },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Stage_ServesEverybodyWithinItsCap_UnderManyThreads(string name, int ticketsPerWorker, StageLimits limits)
    {
        _ticketsPerWorker = ticketsPerWorker;
        _ended = new CountdownEvent(Workers * ticketsPerWorker);
        _taken = new int[Workers * ticketsPerWorker];
        _stage = new RenderStage(name, limits, TimeProvider.System);
        for (var worker = 0; worker < Workers; worker++)
            ThreadPool.UnsafeQueueUserWorkItem(Work, worker, preferLocal: false);

        Assert.True(_ended.Wait(Patience), $"{_ended.CurrentCount} tickets never ended; {_stage.Statistics}");
        Assert.InRange(_mostRunning, 1, Cap);
        var statistics = _stage.Statistics;
        Assert.Equal((0, 0), (statistics.Running, statistics.Waiting));
        _stage.Dispose();
    }

    void IAdmissionListener.Admitted(AdmissionTicket ticket)
    {
        // A withdrawal that came too late has taken and released the ticket already.
        if (Take(ticket)) RunAndRelease(ticket);
    }

    private void Work(int worker)
    {
        for (var i = 0; i < _ticketsPerWorker; i++)
        {
            var number = worker * _ticketsPerWorker + i;
            var job = new JobId(new Guid(number % 50, 0, 0, new byte[8]));
            var ticket = new AdmissionTicket(_stage!.Name, $"tenant-{number % 5}", job, new StepKey("step", number), number % 3, this);
            if (_stage.TryAdmit(ticket))
            {
                Assert.True(Take(ticket));
                RunAndRelease(ticket);
            }
            else if (number % 7 == 0)
            {
                WithdrawOrRelease(ticket);
            }
            else if (number % 11 == 0)
            {
                _stage.Reprioritise(ticket, number % 100);
                _stage.Explain(ticket);
            }
        }
    }

    private void WithdrawOrRelease(AdmissionTicket ticket)
    {
        if (_stage!.Withdraw(ticket))
        {
            if (Take(ticket)) _ended.Signal();
        }
        else if (Take(ticket))
        {
            _stage.Release(ticket);
            _ended.Signal();
        }
    }

    private bool Take(AdmissionTicket ticket) => Interlocked.Exchange(ref _taken[ticket.Step.Item!.Value], 1) == 0;

    private void RunAndRelease(AdmissionTicket ticket)
    {
        var running = Interlocked.Increment(ref _running);
        int most;
        while (running > (most = Volatile.Read(ref _mostRunning))) Interlocked.CompareExchange(ref _mostRunning, running, most);
        Interlocked.Decrement(ref _running);
        _stage!.Release(ticket);
        _stage.Release(ticket);
        _ended.Signal();
    }
}
