using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Providers;

/// <summary>
/// A step that is done by a provider outside: ordered once, followed by polls and webhooks, and fetched into the job's folder. Keeps:
/// 1. an order's id is durable before anything else is done with it, and a step that has one never orders again, in whatever process it goes on;
/// 2. an order of which the id was lost is asked for again under the same key, and counts as what it has become, or not at all where the provider would bill that;
/// 3. a step whose job was recovered takes what it had ordered before if that works, and orders anew only what failed;
/// 4. an order of a job that has ended is called off; one of a node that shuts down goes on.
/// See docs/providers.md.
/// </summary>
/// <param name="name">The handler's stable name.</param>
/// <param name="signals">The bells that webhooks ring.</param>
public sealed class ProviderStepHandler(string name, IPredictionProvider provider, ProviderOptions options, ProviderSignals signals) : IExternalStepHandler
{
    /// <summary>Orders of earlier lives that are stepped over, at most.</summary>
    private const int InheritedLimit = 20;

    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(ProviderInput.Schema));

    public string Name => name;

    public JsonSchema? With => Schema.Value;

    public async ValueTask<StepResult> Run(StepContext context)
    {
        var input = ProviderInput.Read(context.With);
        if (input.Reuse is { } reuse && await Reused(context, input.Order, reuse) is { } reused) return reused;
        var mark = ProviderCheckpoint.Read(context.Checkpoint);
        for (var inherited = 0; ; inherited++)
        {
            (mark, var known) = await Ordered(context, input, mark);
            if (await Outcome(context, input, mark, known, mayStepOver: mark.IsInherited && inherited < InheritedLimit) is { } result) return result;
            mark = mark.Next();
        }
    }

    /// <summary>What the order has come to; null if it is one of an earlier life that cannot be used.</summary>
    private async ValueTask<StepResult?> Outcome(StepContext context, ProviderInput input, ProviderCheckpoint mark, Prediction? known, bool mayStepOver)
    {
        try
        {
            var prediction = await Follow(context, mark, known);
            if (prediction.Status == PredictionStatus.Succeeded) return await Fetched(context, input, mark, prediction);
            return mayStepOver ? null : throw await FailureOf(context, input, mark, prediction);
        }
        catch (StepFailedException gone) when (mayStepOver && gone.Failure.Class == ErrorClass.Permanent)
        {
            ProviderLog.InheritedIsGone(context.Logger, mark.ProviderId!, gone.Message);
            return null;
        }
        catch (OperationCanceledException) when (context.StopReason == StopReason.JobEnded)
        {
            await CallOff(context, mark.ProviderId!);
            throw;
        }
    }

    /// <summary>The order that an earlier attempt has made, or a new one.</summary>
    private async ValueTask<(ProviderCheckpoint Mark, Prediction? Known)> Ordered(StepContext context, ProviderInput input, ProviderCheckpoint mark)
    {
        if (mark.ProviderId is not null) return (mark, null);
        if (mark.IsUncertain) throw ProviderFailure.Uncertain(name);
        context.Cancellation.ThrowIfCancellationRequested();
        if (!options.HonoursIdempotencyKeys) await context.SaveCheckpoint((mark with { IsUncertain = true }).ToJson());
        else if (context.Recovery > 0) await context.SaveCheckpoint((mark with { IsAsked = true }).ToJson());
        var prediction = await Start(context, input.Order, mark);
        mark = new ProviderCheckpoint(prediction.Id, mark.Number, context.Time.GetUtcNow(), mark.Spent + input.Cost)
        {
            IsInherited = context.Recovery > 0 && prediction.IsReplay && !mark.IsAsked,
        };
        await Save(context, mark);
        return (mark, prediction);
    }

    /// <summary>The key says what is ordered, so that something else is never taken for it: a recovered step may have another input.</summary>
    private async ValueTask<Prediction> Start(StepContext context, ProviderOrder order, ProviderCheckpoint mark)
    {
        try
        {
            return await provider.Start(order, context.Tenant, $"{context.IdempotencyKey}/{order.Fingerprint}/{mark.Number}");
        }
        catch (StepFailedException failed) when (!options.HonoursIdempotencyKeys && failed.Failure.Code is not null && ProviderFailure.WasRefused(failed.Failure.Code))
        {
            // The provider has said no, so there is nothing that could be paid twice.
            await context.SaveCheckpoint(mark.ToJson());
            throw;
        }
    }

    /// <summary>The id first; if the job has ended meanwhile, nobody will ask for the order again.</summary>
    private async ValueTask Save(StepContext context, ProviderCheckpoint mark)
    {
        try
        {
            await context.SaveCheckpoint(mark.ToJson());
        }
        catch (OperationCanceledException)
        {
            await UntilStopped(context);
            if (context.StopReason == StopReason.JobEnded) await CallOff(context, mark.ProviderId!);
            throw;
        }
    }

    /// <summary>The attempt is over, and in a moment it is said why.</summary>
    private async ValueTask UntilStopped(StepContext context)
    {
        try
        {
            await Task.Delay(options.CancelTimeout, context.Time, context.Cancellation);
        }
        catch (OperationCanceledException) when (context.Cancellation.IsCancellationRequested)
        {
            // Now it is known.
        }
    }

    /// <summary>Looks until the order has ended: by the clock, or at once when a webhook rings.</summary>
    private async ValueTask<Prediction> Follow(StepContext context, ProviderCheckpoint mark, Prediction? known)
    {
        var id = mark.ProviderId!;
        using var bell = signals.Listen(id);
        var plan = new PollPlan(options, mark.StartedAt);
        var news = known is null ? await Look(context, id) : new News(known, TimeSpan.Zero, null);
        while (news.Prediction is not { HasEnded: true })
        {
            if (plan.Next(context.Time.GetUtcNow(), news.RetryAfter) is not { } delay)
            {
                await CallOff(context, id);
                throw ProviderFailure.TooSlow(name, id, plan.Polls, options);
            }

            news = await NextLook(context, id, bell, context.Time.GetUtcNow() + delay, plan.End, news);
        }

        return news.Prediction;
    }

    /// <summary>
    /// Waits for the time of the next look. Rings meanwhile are answered by looks of their own, at most one in <see cref="ProviderOptions.PollInitial"/> and none before the
    /// provider wants to be asked again, so that nobody can make this node storm its provider.
    /// </summary>
    private async ValueTask<News> NextLook(StepContext context, string id, ProviderSignals.Bell bell, DateTimeOffset due, DateTimeOffset end, News news)
    {
        while (due - context.Time.GetUtcNow() is { Ticks: > 0 } delay && await bell.Wait(delay, context.Time, context.Cancellation))
        {
            if (QuietUntil(news) is { } quietUntil && Earlier(quietUntil, due) - context.Time.GetUtcNow() is { Ticks: > 0 } rest)
                await Task.Delay(rest, context.Time, context.Cancellation);
            news = await Look(context, id);
            if (news.Prediction is { HasEnded: true } || context.Time.GetUtcNow() >= due) return news;
            // What the provider asks for now holds for the next look by the clock too, but not beyond the last one.
            if (news.At + news.RetryAfter is { } wanted && wanted > due) due = Earlier(wanted, end);
        }

        return await Look(context, id);
    }

    /// <summary>Null when the provider has not been asked yet.</summary>
    private DateTimeOffset? QuietUntil(News news) => news.At + (news.RetryAfter > options.PollInitial ? news.RetryAfter : options.PollInitial);

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    /// <summary>What may pass by itself is no news: the order goes on at the provider, whether it can be asked or not.</summary>
    private async ValueTask<News> Look(StepContext context, string id)
    {
        context.Heartbeat();
        try
        {
            return new News(await provider.Look(id, context.Cancellation), TimeSpan.Zero, context.Time.GetUtcNow());
        }
        catch (StepFailedException failed) when (failed.Failure.Class is ErrorClass.Transient or ErrorClass.Timeout)
        {
            ProviderLog.NotAnswered(context.Logger, id, failed.Message);
            return new News(null, TimeSpan.FromMilliseconds(failed.Failure.RetryAfterMs ?? 0), context.Time.GetUtcNow());
        }
    }

    /// <summary>An order that may work the next time leaves its place to another one, which the next attempt makes.</summary>
    private async ValueTask<StepFailedException> FailureOf(StepContext context, ProviderInput input, ProviderCheckpoint mark, Prediction prediction)
    {
        if (!prediction.MayWorkAgain) return ProviderFailure.Of(name, prediction, ErrorClass.Permanent);
        await context.SaveCheckpoint((mark.Next() with { Spent = Spent(input, mark, prediction) }).ToJson());
        return ProviderFailure.Of(name, prediction, ErrorClass.Transient);
    }

    private async ValueTask<StepResult> Fetched(StepContext context, ProviderInput input, ProviderCheckpoint mark, Prediction prediction)
    {
        var file = await provider.Fetch(prediction, input.Order, context.Artifacts, context.Cancellation);
        var output = OutputOf(file, prediction.Id, input.Order.Model);
        output["cost"] = new JsonObject { ["amount"] = Spent(input, mark, prediction), ["currency"] = options.Currency, ["orders"] = mark.Number };
        return new StepResult.Completed(StepOutput.Of(output), [file]);
    }

    /// <summary>The file of another job, if it is there; then nothing is ordered.</summary>
    private async ValueTask<StepResult?> Reused(StepContext context, ProviderOrder order, ReusedFile reuse)
    {
        var from = context.ArtifactsOf(reuse.Job);
        if (!from.Exists(reuse.Path)) return reuse.IsRequired ? throw ProviderFailure.NothingToReuse(name, reuse) : null;
        using var copy = context.Artifacts.CreateTemporary(order.Output);
        await FileCopy.To(copy.Path, from.PathOf(reuse.Path), context.Cancellation);
        var file = await context.Artifacts.Commit(copy, Path.GetFileNameWithoutExtension(order.Output), context.Cancellation);
        var output = OutputOf(file, reuse.ProviderId, order.Model);
        output["reused_from"] = reuse.Job.ToString();
        output["cost"] = new JsonObject { ["amount"] = 0, ["currency"] = options.Currency, ["orders"] = 0 };
        return new StepResult.Completed(StepOutput.Of(output), [file]);
    }

    private static JsonObject OutputOf(ArtifactReference file, string? providerId, string? model) => new()
    {
        ["path"] = file.Path,
        ["bytes"] = file.Bytes,
        ["sha256"] = file.Sha256,
        ["provider_id"] = providerId,
        ["model"] = model,
    };

    /// <summary>The checkpoint counts what the last order was expected to cost; the provider may know better.</summary>
    private static decimal Spent(ProviderInput input, ProviderCheckpoint mark, Prediction prediction) =>
        prediction.Cost is { } cost ? mark.Spent - input.Cost + cost : mark.Spent;

    /// <summary>Best effort: what cannot be called off is paid for anyway, and the job has ended.</summary>
    private async ValueTask CallOff(StepContext context, string id)
    {
        using var limit = new CancellationTokenSource(options.CancelTimeout, context.Time);
        try
        {
            await provider.Cancel(id, limit.Token);
        }
        catch (Exception fault) when (fault is StepFailedException or OperationCanceledException)
        {
            ProviderLog.NotCalledOff(context.Logger, id, fault.Message);
        }
    }

    /// <param name="Prediction">Null when the provider did not say.</param>
    /// <param name="At">When the provider was asked; null for the answer to the order itself.</param>
    private readonly record struct News(Prediction? Prediction, TimeSpan RetryAfter, DateTimeOffset? At);
}
