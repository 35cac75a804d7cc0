using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>What must hold of the order whatever comes and goes; a failure names its seed as the theory's argument.</summary>
public sealed class WaitingLinePropertyTests : IAdmissionListener
{
    private const int Operations = 400;

    private readonly WaitingLine _line = new();
    private readonly TenantAccounts _tenants = new();
    private readonly List<AdmissionTicket> _waiting = [];

    public static IEnumerable<object[]> Seeds => Enumerable.Range(1, 100).Select(seed => new object[] { seed });

    void IAdmissionListener.Admitted(AdmissionTicket ticket) => throw new InvalidOperationException("A line tells nobody.");

    [Theory]
    [MemberData(nameof(Seeds))]
    public void PositionOf_IsTheOrderReallySeen_WhenTheLineIsDrained(int seed)
    {
        Gather(new Random(seed), aside: true);

        var ready = _waiting.Where(ticket => !ticket.Account!.IsAside).OrderBy(_line.PositionOf).ToList();
        var aside = _waiting.Where(ticket => ticket.Account!.IsAside).OrderBy(_line.PositionOf).ToList();
        Assert.Equal(Enumerable.Range(1, _waiting.Count), ready.Concat(aside).Select(_line.PositionOf));
        Assert.Equal(ready, Drain());
        Assert.Equal((0, aside.Count), (_line.ReadyCount, _line.AsideCount));

        // Those aside are promised to follow in the same order if they are let in as they stand.
        foreach (var account in InRingOrder(aside)) _line.SetAside(account, aside: false);
        Assert.Equal(aside, Drain());
        Assert.Equal(0, _line.Count);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void TakeNext_IsFair_WhenTheLineIsDrained(int seed)
    {
        Gather(new Random(seed), aside: false);
        var arrivals = _waiting.ToList();
        var drained = Drain();

        Assert.Equal(drained.Select(ticket => ticket.Priority).OrderDescending(), drained.Select(ticket => ticket.Priority));
        foreach (var level in drained.GroupBy(ticket => ticket.Priority))
        {
            AssertTurns([.. level], ticket => ticket.Tenant);
            foreach (var tenant in level.GroupBy(ticket => ticket.Tenant)) AssertTurns([.. tenant], ticket => ticket.Job);
            foreach (var job in level.GroupBy(ticket => (ticket.Tenant, ticket.Job)))
                Assert.Equal(job.OrderBy(arrivals.IndexOf), job);
        }
    }

    [Fact]
    public void TakeNext_ReachesATicketWithinItsTurns_WhileNoisyTenantsNeverStopComing()
    {
        const int NoisyTenants = 5;
        var random = new Random(7);
        for (var i = 0; i < 1_000; i++) Add($"noisy-{i % NoisyTenants}", i, 0);
        Add("quiet", 1, 0);

        var takes = 0;
        AdmissionTicket taken;
        do
        {
            taken = _line.TakeNext();
            takes++;
            for (var i = 0; i < 3; i++) Add($"noisy-{random.Next(NoisyTenants)}", random.Next(1_000), 0);
        }
        while (taken.Tenant != "quiet");

        Assert.True(takes <= NoisyTenants + 1, $"It took {takes} turns.");
    }

    /// <summary>While several keys have tickets left, no key has two turns more than another since both began.</summary>
    private static void AssertTurns<TKey>(List<AdmissionTicket> order, Func<AdmissionTicket, TKey> keyOf) where TKey : notnull
    {
        var left = order.CountBy(keyOf).ToDictionary();
        var taken = left.Keys.ToDictionary(key => key, _ => 0);
        foreach (var key in order.Select(keyOf))
        {
            taken[key]++;
            left[key]--;
            var least = taken.Where(pair => left[pair.Key] > 0).Select(pair => pair.Value).DefaultIfEmpty(int.MaxValue).Min();
            Assert.True(taken[key] <= (long)least + 1, $"'{key}' had {taken[key]} turns while another that waits had {least}.");
        }
    }

    private static List<TenantAccount> InRingOrder(List<AdmissionTicket> aside) =>
        [.. aside.Select(ticket => ticket.Account!).Distinct()];

    private void Gather(Random random, bool aside)
    {
        var priorities = aside ? 1 : 3;
        for (var i = 0; i < Operations; i++)
        {
            var tenant = $"tenant-{random.Next(4)}";
            switch (random.Next(10))
            {
                case < 6:
                    Add(tenant, random.Next(5), random.Next(priorities));
                    break;
                case < 8 when _waiting.Count > 0:
                    var leaving = _waiting[random.Next(_waiting.Count)];
                    _line.Remove(leaving);
                    _waiting.Remove(leaving);
                    break;
                case 8 when _line.ReadyCount > 0:
                    _waiting.Remove(_line.TakeNext());
                    break;
                case 9 when aside:
                    _line.SetAside(_tenants.Of(tenant), random.Next(2) == 0);
                    break;
                default:
                    break;
            }

            Assert.Equal(_waiting.Count, _line.Count);
            Assert.Equal(_waiting.Count(ticket => ticket.Account!.IsAside), _line.AsideCount);
        }
    }

    private void Add(string tenant, int job, int priority)
    {
        var id = new JobId(new Guid(job, 0, 0, new byte[8]));
        var ticket = new AdmissionTicket("stage", tenant, id, new StepKey("step"), priority, this) { Account = _tenants.Of(tenant) };
        _waiting.Add(ticket);
        _line.Add(ticket);
    }

    private List<AdmissionTicket> Drain()
    {
        var drained = new List<AdmissionTicket>();
        while (_line.ReadyCount > 0) drained.Add(_line.TakeNext());
        return drained;
    }
}
