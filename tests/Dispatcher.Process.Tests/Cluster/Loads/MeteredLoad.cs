using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Dispatcher.Process.Tests.Cluster.Loads;

/// <summary>
/// Jobs that hold something of a meter while they run, of two accounts with less room than is asked for. One client sells more room now and then; the others are refused between, and
/// either give up or give the same request again until there is room. Some jobs fail and some are cancelled, which costs nothing.
/// </summary>
internal sealed class MeteredLoad(ClusterClient client, int seed) : ClusterLoad(client, seed)
{
    private const int FirstLimit = 40;

    /// <summary>Units that are sold at once, at most; less than what the clients ask for in that time.</summary>
    private const int SoldAtOnce = 30;

    private static readonly TimeSpan SellEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentBag<string> _refused = [];
    private int _asked;
    private int _refusals;

    /// <summary>The meters of the two accounts.</summary>
    public static IReadOnlyList<string> Meters { get; } = ["minutes", "renders"];

    public override string Summary => string.Create(CultureInfo.InvariantCulture, $"{Accepted.Count} metered jobs accepted, {_refusals} refusals, {_refused.Count} jobs refused for good");

    protected override async Task Lay(Random random)
    {
        foreach (var meter in Meters)
        {
            await SetLimit(meter, FirstLimit, random);
            await Register(NameOf(meter, isBroken: false), Workflow(meter, isBroken: false), random);
            await Register(NameOf(meter, isBroken: true), Workflow(meter, isBroken: true), random);
        }
    }

    protected override Task Go(int lane, Random random) => lane == 0 ? Sell(random) : Ask(random);

    protected override async Task<IReadOnlyList<string>> Check(ClusterEvidence evidence)
    {
        var faults = new List<string>();
        // A load that was never refused has shown nothing of refusals, and one that was always refused nothing else.
        if (_refused.IsEmpty || Accepted.IsEmpty) faults.Add($"The metered load has shown nothing: {Summary}.");
        var keys = evidence.Jobs.Select(job => job.Spec.IdempotencyKey).ToHashSet(StringComparer.Ordinal);
        faults.AddRange(_refused.Where(keys.Contains).Select(key => $"The metered job {key} was refused for want of quota, each time that it was asked for, and is there."));
        faults.AddRange(await QuotaChecker.Faults(evidence, Meters));
        return faults;
    }

    private async Task Sell(Random random)
    {
        var limits = Meters.ToDictionary(meter => meter, _ => FirstLimit, StringComparer.Ordinal);
        while (!IsEnding)
        {
            await Pause(SellEvery);
            foreach (var meter in Meters) await SetLimit(meter, limits[meter] += random.Next(SoldAtOnce), random);
        }
    }

    private async Task SetLimit(string meter, int limit, Random random)
    {
        if (await Need(HttpMethod.Put, $"/api/v1/quota/{meter}", new { plan = "small", limit }, random) is { } answer) CheckRoom(answer.Json, "An account was shown");
    }

    private async Task Ask(Random random)
    {
        while (!IsEnding)
        {
            var key = $"metered-{Interlocked.Increment(ref _asked)}";
            var workflow = NameOf(Meters[random.Next(Meters.Count)], isBroken: random.Next(4) == 0);
            // Now and then a job takes more than was held for it.
            var input = new { estimate = Tenths(random, 60), actual = Tenths(random, 70) };
            if (await AskUntilThereIsRoom(key, new { workflow, idempotency_key = key, input }, random) is { } id && random.Next(8) == 0)
                await Client.GiveOnce(HttpMethod.Post, $"/api/v1/jobs/{id}/cancel", new { reason = "no longer wanted" }, random);
            await Pause(TimeSpan.FromMilliseconds(random.Next(40)));
        }
    }

    private async Task<string?> AskUntilThereIsRoom(string key, object job, Random random)
    {
        var isInDoubt = false;
        do
        {
            var (id, answer) = await Create(key, job, random);
            if (id is not null || answer is null) return id;
            if (answer.Status != HttpStatusCode.PaymentRequired)
            {
                Note($"{key}: {answer}");
                return null;
            }

            Interlocked.Increment(ref _refusals);
            CheckRoom(answer.Json, $"{key} was refused");
            isInDoubt |= answer.WasInDoubt;
            await Pause(TimeSpan.FromMilliseconds(random.Next(400)));
        }
        while (!IsEnding && random.Next(3) != 0);
        // An earlier try that was not answered may yet make the job.
        if (!isInDoubt) _refused.Add(key);
        return null;
    }

    private void CheckRoom(JsonElement account, string what)
    {
        var (limit, used, reserved) = (account.GetProperty("limit").GetInt64(), account.GetProperty("used").GetInt64(), account.GetProperty("reserved").GetInt64());
        if (used + reserved > limit) Note($"{what}, with more in use than its limit: {account}");
        if (account.TryGetProperty("needed", out var needed) && needed.GetInt64() <= limit - used - reserved) Note($"{what}, though there was room: {account}");
    }

    private static decimal Tenths(Random random, int below) => random.Next(1, below) / 10m;

    private static string NameOf(string meter, bool isBroken) => $"{(isBroken ? "broken" : "metered")}-{meter}";

    private static string Workflow(string meter, bool isBroken) => $$"""
        name: {{NameOf(meter, isBroken)}}
        version: 1
        quota: { meter: {{meter}}, estimate: "${input.estimate}", actual: "${input.actual}" }
        input:
          type: object
          required: [estimate, actual]
          properties: { estimate: { type: number }, actual: { type: number } }
        steps:
          - { id: work, uses: test.effect, with: { ms: 60 }, {{ClusterWorkflows.Retry}} }
        {{(isBroken ? "  - { id: break, uses: fail, needs: [work], with: { class: permanent, message: as planned } }" : "")}}
        """;
}
