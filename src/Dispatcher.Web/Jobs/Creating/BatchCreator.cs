using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dispatcher.Jobs;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>
/// Makes the jobs of a batch. Items that wait for no other are given to the engine all at once, so that few commits take them; then those that waited only
/// for these, and so on. An item waits for those on which its job is to depend, since it needs their ids, and for an earlier one with its idempotency key.
/// </summary>
internal sealed class BatchCreator(JobCreator creator, JsonSerializerOptions json)
{
    public async Task<IReadOnlyList<BatchResult>> Create(IReadOnlyList<JsonElement> requests)
    {
        var items = new Item[requests.Count];
        for (var i = 0; i < items.Length; i++) items[i] = await Prepare(requests[i], i);
        OrderByKeys(items);
        while (true)
        {
            foreach (var item in items) RefuseIfDependencyIsMissing(items, item);
            var wave = items.Where(item => item.Outcome is null && item.MayGo(items)).ToList();
            if (wave.Count == 0) break;
            await Submit(items, wave);
        }

        return [.. items.Select(item => BatchResult.Of(item.Outcome!))];
    }

    private async ValueTask<Item> Prepare(JsonElement element, int index)
    {
        try
        {
            var request = element.Deserialize((JsonTypeInfo<CreateJobRequest>)json.GetTypeInfo(typeof(CreateJobRequest)));
            if (request is null) return Item.Refused(Refusal.Invalid("invalid-request", "The item is null; a job is an object."));
            var (spec, refusal) = await creator.Prepare(request, index);
            return refusal is null ? new Item(request, spec!, ReferencesOf(request)) : Item.Refused(refusal);
        }
        catch (JsonException exception)
        {
            return Item.Refused(JsonProblem.RefusalOf(exception));
        }
    }

    /// <summary>Of several items with one key the first makes the job, whatever they ask for.</summary>
    private static void OrderByKeys(Item[] items)
    {
        Dictionary<string, int>? last = null;
        for (var i = 0; i < items.Length; i++)
        {
            if (items[i].Request?.IdempotencyKey is not { } key) continue;
            last ??= new Dictionary<string, int>(StringComparer.Ordinal);
            if (last.TryGetValue(key, out var earlier)) items[i].After = earlier;
            last[key] = i;
        }
    }

    private static IReadOnlyList<int> ReferencesOf(CreateJobRequest request) =>
        request.DependsOn is { Count: > 0 } dependencies ? [.. dependencies.Select(CreateJobChecks.ReferenceOf).OfType<int>().Distinct()] : [];

    private static void RefuseIfDependencyIsMissing(Item[] items, Item item)
    {
        if (item.Outcome is not null || item.References.Count == 0) return;
        foreach (var reference in item.References)
        {
            if (items[reference].Outcome is not { Job: null }) continue;
            item.Outcome = new Creation(new Refusal(StatusCodes.Status422UnprocessableEntity, "dependency-refused", $"The item depends on item #{reference} of the batch, which was refused."));
            return;
        }
    }

    private async Task Submit(Item[] items, List<Item> wave)
    {
        var specs = wave.Select(item => WithReferences(items, item)).ToList();
        var replies = await creator.SubmitAll(specs);
        for (var i = 0; i < wave.Count; i++) wave[i].Outcome = await creator.Answer(wave[i].Request!, specs[i], replies[i]);
    }

    private static JobSpec WithReferences(Item[] items, Item item)
    {
        if (item.References.Count == 0) return item.Spec!;
        var named = item.Spec!.DependsOn ?? [];
        return item.Spec with { DependsOn = [.. named.Concat(item.References.Select(reference => items[reference].Outcome!.Job!.Id)).Distinct()] };
    }

    private sealed class Item(CreateJobRequest? request, JobSpec? spec, IReadOnlyList<int> references)
    {
        public CreateJobRequest? Request => request;

        public JobSpec? Spec => spec;

        /// <summary>Indices of the items on which it depends; all before its own, so there is no ring.</summary>
        public IReadOnlyList<int> References => references;

        /// <summary>An earlier item with the same key.</summary>
        public int? After { get; set; }

        public Creation? Outcome { get; set; }

        public bool MayGo(Item[] items) =>
            (After is not { } earlier || items[earlier].Outcome is not null) && references.All(reference => items[reference].Outcome is not null);

        public static Item Refused(Refusal refusal) => new(null, null, []) { Outcome = new Creation(refusal) };
    }
}
