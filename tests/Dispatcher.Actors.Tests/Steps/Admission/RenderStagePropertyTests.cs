using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>What must hold of a stage whatever happens; a failure names its seed as the theory's argument.</summary>
public sealed class RenderStagePropertyTests
{
    private const int Operations = 500;

    public static IEnumerable<object[]> Seeds => Enumerable.Range(1, 150).Select(seed => new object[] { seed });

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Stage_KeepsItsLimitsAndLosesNobody_WhateverHappens(int seed)
    {
        var run = new Run(seed);
        for (var i = 0; i < Operations; i++)
        {
            run.Step();
            run.AssertInvariants();
        }

        run.AssertStartsKeepThePace();
        run.DrainToTheEnd();
        run.AssertStartsKeepThePace();
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Explain_GivesThePositionReallySeen_WhenReleasesFollow(int seed)
    {
        var random = new Random(seed);
        var bench = new AdmissionBench(new StageLimits { MaxConcurrency = random.Next(1, 4) });
        var running = bench.Fill();
        var waiting = Gather(bench, random);
        var promised = waiting.OrderBy(ticket => bench.Stage.Explain(ticket)!.Position).ToList();

        bench.OnAdmitted = ticket => bench.Stage.Release(ticket);
        foreach (var ticket in running) bench.Stage.Release(ticket);

        Assert.Equal(promised, bench.Told);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Explain_GivesTheStartReallySeen_WhenOnlyTimeIsWaitedFor(int seed)
    {
        var random = new Random(seed);
        var bench = new AdmissionBench(PaceLimits(random));
        for (var i = 0; i < 5; i++)
        {
            bench.Stage.Release(bench.Try($"a/1/{i}"));
            bench.Time.Advance(TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerSecond)));
        }

        var waiting = Gather(bench, random);
        var promised = waiting.ToDictionary(ticket => ticket, ticket => bench.Stage.Explain(ticket)!.EstimatedStart!.Value);
        var seen = new Dictionary<AdmissionTicket, DateTimeOffset>();
        bench.OnAdmitted = ticket => seen.Add(ticket, bench.Time.GetUtcNow());
        while (bench.Time.AdvanceToNextTimer())
        {
        }

        Assert.Equal(promised.Count, seen.Count);
        Assert.All(promised, promise => Assert.Equal(promise.Value, seen[promise.Key]));
        Assert.Equal(0, bench.Stage.Statistics.Waiting);
    }

    private static List<AdmissionTicket> Gather(AdmissionBench bench, Random random)
    {
        var tickets = Enumerable.Range(0, 60)
            .Select(item => bench.Try($"t{random.Next(4)}/{random.Next(1, 5)}/{item}", random.Next(-1, 2)))
            .ToList();
        foreach (var ticket in tickets.Where(_ => random.Next(5) == 0)) bench.Stage.Withdraw(ticket);
        return [.. tickets.Where(ticket => ticket.State == AdmissionState.Waiting)];
    }

    private static StageLimits PaceLimits(Random random)
    {
        var rated = random.Next(2) == 0;
        return new StageLimits
        {
            StartDelay = rated && random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(random.Next(1, 20_000_000)),
            RatePerSecond = rated ? 0.1 + random.NextDouble() * 20 : 0,
            RateBurst = random.Next(1, 8),
        };
    }

    /// <summary>One seeded history of one stage, with what a test can see of it from outside.</summary>
    private sealed class Run
    {
        private readonly Random _random;
        private readonly AdmissionBench _bench;
        private readonly StageLimits _limits;
        private readonly List<AdmissionTicket> _tickets = [];
        private readonly List<TimeSpan> _starts = [];
        private readonly HashSet<AdmissionTicket> _toldOrAtOnce = [];
        private int _made;

        public Run(int seed)
        {
            _random = new Random(seed);
            var pace = _random.Next(3) == 0 ? StageLimits.Default : PaceLimits(_random);
            _limits = pace with { MaxConcurrency = _random.Next(1, 8), PerTenantMaxConcurrency = _random.Next(4) };
            _bench = new AdmissionBench(_limits) { OnAdmitted = OnAdmitted };
        }

        public void Step()
        {
            var ticket = _tickets.Count > 0 ? _tickets[_random.Next(_tickets.Count)] : null;
            switch (_random.Next(10))
            {
                case < 4:
                    TryNew();
                    break;
                case < 6 when ticket is not null:
                    _bench.Stage.Release(ticket);
                    break;
                case 6 when ticket is not null:
                    var wasAdmitted = ticket.State == AdmissionState.Admitted;
                    Assert.Equal(!wasAdmitted, _bench.Stage.Withdraw(ticket));
                    break;
                case 7 when ticket is not null:
                    _bench.Stage.Reprioritise(ticket, _random.Next(-100, 101));
                    break;
                default:
                    _bench.Time.Advance(TimeSpan.FromTicks(_random.NextInt64(TimeSpan.TicksPerSecond)));
                    break;
            }

            _tickets.RemoveAll(done => done.State == AdmissionState.Done);
        }

        public void AssertInvariants()
        {
            var running = _tickets.Where(ticket => ticket.State == AdmissionState.Admitted).ToList();
            var statistics = _bench.Stage.Statistics;
            Assert.Equal((running.Count, _tickets.Count - running.Count), (statistics.Running, statistics.Waiting));
            Assert.Equal(_starts.Count, statistics.AdmittedTotal);
            Assert.Equal(
                statistics.Waiting,
                statistics.WaitingForCap + statistics.WaitingForStagger + statistics.WaitingForRate + statistics.WaitingForTenantCap);
            Assert.InRange(running.Count, 0, _limits.MaxConcurrency);
            var tenantCap = _limits.PerTenantMaxConcurrency > 0 ? _limits.PerTenantMaxConcurrency : _limits.MaxConcurrency;
            Assert.All(running.CountBy(ticket => ticket.Tenant), tenant => Assert.InRange(tenant.Value, 1, tenantCap));

            // Nobody waits for nothing: who is ready waits for a place, or for the one armed timer.
            var waitsForTime = statistics.WaitingForStagger + statistics.WaitingForRate > 0;
            Assert.Equal(waitsForTime ? 1 : 0, _bench.Time.ArmedTimers);
            if (statistics.WaitingForCap > 0) Assert.Equal(_limits.MaxConcurrency, running.Count);
            AssertPositionsAreComplete();
        }

        /// <summary>Successive starts a delay apart; at most burst + rate * window starts in any window.</summary>
        public void AssertStartsKeepThePace()
        {
            for (var i = 1; i < _starts.Count; i++) Assert.True(_starts[i] - _starts[i - 1] >= _limits.StartDelay);
            if (_limits.RatePerSecond == 0) return;
            for (var first = 0; first < _starts.Count; first++)
            {
                for (var last = first; last < _starts.Count; last++)
                {
                    var window = (_starts[last] - _starts[first]).TotalSeconds;
                    Assert.True(last - first + 1 <= _limits.RateBurst + _limits.RatePerSecond * window + 1e-6);
                }
            }
        }

        /// <summary>All are released as they start: every ticket that waits is admitted, and nothing is left.</summary>
        public void DrainToTheEnd()
        {
            var waiting = _tickets.Where(ticket => ticket.State == AdmissionState.Waiting).ToList();
            _bench.OnAdmitted = ticket =>
            {
                OnAdmitted(ticket);
                _bench.Stage.Release(ticket);
            };
            foreach (var ticket in _tickets.Where(ticket => ticket.State == AdmissionState.Admitted).ToList()) _bench.Stage.Release(ticket);
            while (_bench.Time.AdvanceToNextTimer())
            {
            }

            Assert.All(waiting, ticket => Assert.Equal(AdmissionState.Done, ticket.State));
            Assert.All(waiting, ticket => Assert.Contains(ticket, _toldOrAtOnce));
            var statistics = _bench.Stage.Statistics;
            Assert.Equal((0, 0, 0), (statistics.Running, statistics.Waiting, _bench.Time.ArmedTimers));
            Assert.Equal(statistics.AdmittedAfterWaitTotal, _bench.Told.Count());
        }

        private void TryNew()
        {
            var name = $"t{_random.Next(4)}/{_random.Next(1, 5)}/{_made++}";
            var ticket = _bench.Ticket(name, _random.Next(-2, 3));
            _tickets.Add(ticket);
            if (_bench.Stage.TryAdmit(ticket)) NoteStart(ticket);
        }

        private void OnAdmitted(AdmissionTicket ticket)
        {
            Assert.Equal(AdmissionState.Admitted, ticket.State);
            NoteStart(ticket);
        }

        private void NoteStart(AdmissionTicket ticket)
        {
            Assert.True(_toldOrAtOnce.Add(ticket), "A ticket was admitted twice.");
            _starts.Add(_bench.Time.Elapsed);
        }

        private void AssertPositionsAreComplete()
        {
            var positions = _tickets.Select(_bench.Stage.Explain).Where(wait => wait is not null).Select(wait => wait!.Position).Order();
            Assert.Equal(Enumerable.Range(1, _bench.Stage.Statistics.Waiting), positions);
        }
    }
}
