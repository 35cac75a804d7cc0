using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dispatcher.Jobs;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>
/// Makes the jobs of a batch. Items without dependencies on others are given to the engine all at once, so that few commits take them; then those that
/// waited only for the ids of these, and so on.
/// </summary>
internal sealed class BatchCreator(JobCreator creator, JsonSerializerOptions json)
{
    public async Task<IReadOnlyList<BatchResult>> Create(IReadOnlyList<JsonElement> requests)
    {
        var items = new Item[requests.Count];
        for (var i = 0; i < items.Length; i++) items[i] = await Prepare(requests[i], i);
        while (true)
        {
            foreach (var item in items) RefuseIfDependencyIsMissing(items, item);
            var wave = items.Where(item => item.Outcome is null && item.References.All(reference => items[reference].Outcome is not null)).ToList();
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

        public Creation? Outcome { get; set; }

        public static Item Refused(Refusal refusal) => new(null, null, []) { Outcome = new Creation(refusal) };
    }
}
