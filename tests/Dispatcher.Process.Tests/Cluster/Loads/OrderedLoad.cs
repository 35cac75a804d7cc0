using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using Provider;

namespace Dispatcher.Process.Tests.Cluster.Loads;

/// <summary>
/// Jobs whose steps a provider outside does, which bills each order, and is itself in trouble now and then: it refuses, is slow, fails, and breaks the connection of an order that
/// it has taken.
/// </summary>
internal sealed class OrderedLoad(ClusterClient client, ProviderService provider, int seed) : ClusterLoad(client, seed)
{
    /// <summary>A job has one order of its own, and one for each of two items.</summary>
    private const string Workflow = $$$"""
        name: ordered
        version: 1
        input: { type: object, required: [prompt], properties: { prompt: { type: string } } }
        steps:
          - id: render
            uses: provider.prediction
            with: { model: veo3, input: { prompt: "${input.prompt}", duration: 1 }, output: clip.mp4, cost: 0.2 }
            {{{ClusterWorkflows.Retry}}}
          - id: scenes
            uses: provider.prediction
            needs: [render]
            for_each: [first, second]
            with: { model: hailuo, input: { prompt: "${input.prompt} ${item}", duration: 1 }, output: "clips/${item}.mp4", cost: 0.1 }
            {{{ClusterWorkflows.Retry}}}
        """;

    private int _asked;

    public override string Summary => string.Create(CultureInfo.InvariantCulture, $"{Accepted.Count} jobs with orders accepted, {provider.Bill.Count} orders billed");

    protected override Task Lay(Random random) => Register("ordered", Workflow, random);

    protected override Task Go(int lane, Random random) => lane == 0 ? Trouble(random) : Order(random);

    protected override Task<IReadOnlyList<string>> Check(ClusterEvidence evidence)
    {
        var jobs = evidence.Jobs.Where(job => job.Spec.Workflow.Name == "ordered").ToList();
        var predictions = provider.Predictions.ToDictionary(prediction => prediction.Id, StringComparer.Ordinal);
        var orders = provider.Bill.Select(item => Ordered.Of(item, predictions[item.Id])).ToLookup(order => order.Step, StringComparer.Ordinal);
        var faults = new List<string>();
        foreach (var job in jobs) faults.AddRange(FaultsOf(job, orders));
        var known = jobs.Select(job => job.Id.ToString()).ToHashSet(StringComparer.Ordinal);
        faults.AddRange(orders.Where(order => !known.Contains(order.Key.Split('/')[0])).Select(order => $"The bill has orders of {order.Key}, whose job is not there."));
        return Task.FromResult<IReadOnlyList<string>>(faults);
    }

    private async Task Order(Random random)
    {
        while (!IsEnding)
        {
            var key = $"ordered-{Interlocked.Increment(ref _asked)}";
            var (id, answer) = await Create(key, new { workflow = "ordered", idempotency_key = key, input = new { prompt = key } }, random);
            if (id is null && answer is not null) Note($"{key}: {answer}");
            await Pause(random.NextMilliseconds(2500));
        }
    }

    private async Task Trouble(Random random)
    {
        while (!IsEnding)
        {
            provider.Set(random.Next(9) switch
            {
                0 => new Fault { Drop = true, Times = random.Next(1, 4) },
                1 => new Fault { Refuse = 503, Times = random.Next(1, 10) },
                2 => new Fault { Refuse = 429, RetryAfter = 1, Times = random.Next(1, 3) },
                3 => new Fault { RefuseLooks = 503, Times = random.Next(1, 30) },
                4 => new Fault { SlowMs = random.Next(1000) },
                5 => new Fault { DelayMs = random.Next(4000) },
                6 => new Fault { Fail = "as planned", Retryable = true },
                _ => null,
            });
            await Pause(random.NextMilliseconds(2000));
        }

        provider.Set(null);
    }

    /// <summary>Each step that ended was ordered until an order worked, and no further.</summary>
    private static IEnumerable<string> FaultsOf(JobRecord job, ILookup<string, Ordered> orders)
    {
        if (job.Row.Status != JobStatus.Completed) yield return $"Job {job.Id}, whose steps a provider does, is {job.Row.Status}: {job.Decoded.OfType<JobEvent.StepFailed>().FirstOrDefault()?.Failure.Message}";
        // A fanned step as a whole has no attempt of its own.
        foreach (var completed in job.Decoded.OfType<JobEvent.StepCompleted>().Where(completed => completed.Attempt > 0))
        {
            var step = completed.Item is { } item ? string.Create(CultureInfo.InvariantCulture, $"{job.Id}/{completed.Step}/{item}") : $"{job.Id}/{completed.Step}";
            var made = orders[step].OrderBy(order => order.Number).ToList();
            var isOnce = made.Select(order => order.Number).SequenceEqual(Enumerable.Range(1, made.Count)) && made.Count(order => order.Status == "succeeded") == 1;
            if (!isOnce || made[^1].Status != "succeeded" || made.SkipLast(1).Any(order => order.Status != "failed")) yield return $"Step {step} was ordered so: {string.Join(", ", made)}.";
            else if (completed.Output!.Value.GetProperty("provider_id").GetString() != made[^1].Id) yield return $"Step {step} shows another order than the one that worked, {made[^1]}: {completed.Output}.";
        }
    }

    /// <summary>A line of the bill and what became of it.</summary>
    /// <param name="Step">The step's key: <c>job/step</c> or <c>job/step/item</c>.</param>
    /// <param name="Number">Of the step's orders.</param>
    private sealed record Ordered(string Step, int Number, string Id, string Status)
    {
        /// <summary>A key is the step's, a hash of what is ordered, and a number.</summary>
        public static Ordered Of(BillItem item, Prediction prediction)
        {
            var parts = item.Key!.Split('/');
            return new Ordered(string.Join('/', parts[..^2]), int.Parse(parts[^1], CultureInfo.InvariantCulture), item.Id, prediction.Status);
        }
    }
}
