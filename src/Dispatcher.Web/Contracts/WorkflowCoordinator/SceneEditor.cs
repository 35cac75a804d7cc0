using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>A change of a job's scenes.</summary>
/// <param name="Message">Said when it is done.</param>
/// <param name="Verb">What cannot be done while the job is being worked on.</param>
/// <param name="Make">Makes a changed document, or an answer that says why not.</param>
internal sealed record SceneChange(string Message, string Verb, Func<SceneBook, SceneOutcome> Make)
{
    /// <summary>A revision made of a job that has ended or runs is approved with it, if it orders nothing but that scene.</summary>
    public bool StartsAtOnce { get; init; }
}

/// <param name="Document">Null when everything is as it is wanted already.</param>
/// <param name="Index">The scene that was changed, in the new document; -1 if it is gone.</param>
internal sealed record SceneOutcome(VideoDocument? Document, int Index, ContractJson? Refusal)
{
    public static implicit operator SceneOutcome(ContractJson refusal) => new(null, -1, refusal);

    public static SceneOutcome AsItIs(int index) => new(null, index, null);
}

/// <summary>
/// Changes scenes without touching what has happened: a job that waits for approval gets another input; one that was approved gets a successor, a revision which takes over the
/// clips that are good and orders the others. See docs/decisions/0026-scenes-and-revisions.md.
/// </summary>
internal sealed class SceneEditor(DispatcherEngine engine, VideoJobs jobs)
{
    private readonly Assets _assets = new(engine.Options.FilesDirectoryPath);

    public async Task<IResult> Edit(string id, Caller caller, HttpContext http, SceneChange change)
    {
        for (var race = 0; race < VideoJobs.RaceLimit; race++)
        {
            if (await jobs.Find(id, caller.Tenant) is not { } job) return VideoAnswer.NoJob(id);
            var isOpen = job.Status is Pipeline.Approved or Pipeline.Processing;
            if (isOpen && !change.StartsAtOnce) return StillOpen(job, change.Verb);
            var outcome = change.Make(await SceneBook.Open(job, jobs));
            if (outcome.Refusal is { } refusal) return refusal;
            if (outcome.Document is not { } document) return await Answer(id, caller, change, outcome);
            var reply = job.State.Status == JobStatus.Pending
                ? await jobs.Amend(job, document, $"A scene was {change.Verb}.", caller, http)
                : await Succeed(job, document, change, caller, http);
            switch (reply)
            {
                case CommandReply.Done or CommandReply.Accepted:
                    return await Answer(id, caller, change, outcome);
                case CommandReply.Refused { Rejection.Code: "version-conflict" or "invalid-status" } or CommandReply.Duplicate:
                    continue;
                case CommandReply.Refused { Rejection.Code: ParkedJob.Code } parked:
                    return new ContractError(Rejections.ToRefusal(parked.Rejection));
                case CommandReply.Refused refused:
                    return VideoAnswer.Error(StatusCodes.Status422UnprocessableEntity, refused.Rejection.Message, ("job_id", job.Document.Number));
                case CommandReply.Unavailable unavailable:
                    return Refusal.Unavailable(unavailable).ToProblem(http);
            }
        }

        return Refusal.Unavailable("Others change the job's scenes at the same time; give the request again.").ToProblem(http);
    }

    /// <summary>Another text of a scene. Its clip stays good if nothing that was ordered is different, and nothing happens if nothing is.</summary>
    public SceneOutcome Update(SceneBook book, int index, JsonObject body)
    {
        var document = book.Job.Document.Copy();
        var scene = document.Scenes[index]!.AsObject();
        var faults = Apply(scene, body).ToList();
        if (faults.Count > 0) return VideoAnswer.Invalid(faults);
        if (JsonNode.DeepEquals(scene, book.Job.Document.Scenes[index])) return SceneOutcome.AsItIs(index);
        var assets = _assets.Find(book.Job.State.Spec.Tenant, document.Campaign) ?? [];
        faults.AddRange(SceneRules.Faults(scene, assets));
        var types = document.Parameters["property_types"] as JsonArray;
        if (document.Type == VideoRequest.PropertyPhotos && types?.Any(type => JsonNode.DeepEquals(type, scene["scene_type"])) == false) faults.Add(("scene_type", "is not in property_types"));
        if (faults.Count > 0) return VideoAnswer.Invalid(faults);
        var before = document.Clips[index]!.AsObject();
        SceneId.TryRead(before["id"]!.GetValue<string>(), out _, out var place);
        var after = ClipPlan.Of(Guid.Parse(before["id"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture), place, scene, assets);
        TakeOver(book, document);
        if (ClipPlan.IsSame(before, after)) after["reuse"] = document.Clips[index]!["reuse"]?.DeepClone();
        document.Clips[index] = after;
        document.NoteEdit();
        return new SceneOutcome(document, index, null);
    }

    public static SceneOutcome Remove(SceneBook book, int index)
    {
        var document = book.Job.Document.Copy();
        if (document.Clips.Count == 1) return VideoAnswer.Error(StatusCodes.Status422UnprocessableEntity, "A job needs at least one scene", ("job_id", document.Number));
        TakeOver(book, document);
        document.Clips.RemoveAt(index);
        document.Scenes.RemoveAt(index);
        document.NoteEdit();
        return new SceneOutcome(document, -1, null);
    }

    /// <summary>The scene is rendered again; all others stay as they are, also those that failed. While a revision is about to do so, there is nothing more to do.</summary>
    public static SceneOutcome Renew(SceneBook book, int index)
    {
        var (document, scene) = (book.Job.Document.Copy(), book.Scenes[index]);
        var isRenewed = document.Revision > 1 && document.Clips[index]!["reuse"] is null && !book.Job.State.Status.IsTerminal();
        if (!scene.HasEnded && isRenewed) return SceneOutcome.AsItIs(index);
        if (!scene.HasEnded)
            return VideoAnswer.Error(StatusCodes.Status422UnprocessableEntity, "Only completed or failed scenes can be regenerated", ("job_id", document.Number), ("current_status", scene.Status));
        TakeOver(book, document);
        document.Clips[index]!["reuse"] = null;
        document.NoteEdit();
        return new SceneOutcome(document, index, null);
    }

    /// <summary>
    /// What was ordered before is taken over: each scene of a job that was approved takes its clip from that job, and one that has none there fails again instead of being paid for
    /// without anybody having asked. A revision that waits for approval has its sources already; so have scenes to which one that was rejected, or called off, never came.
    /// </summary>
    private static void TakeOver(SceneBook book, VideoDocument document)
    {
        if (book.Job.State.Status == JobStatus.Pending) return;
        for (var i = 0; i < document.Clips.Count; i++)
        {
            if (book.Job.State.Status.IsTerminal() && !book.HasBegun(i)) continue;
            var clip = document.Clips[i]!.AsObject();
            clip["reuse"] = new JsonObject { ["job"] = book.Job.State.Id.ToString(), ["path"] = clip["path"]!.GetValue<string>(), ["provider_id"] = book.Scenes[i].ProviderId, ["required"] = true };
        }
    }

    /// <summary>A successor of a job that was approved. It waits for a predecessor that is still being worked on.</summary>
    private async Task<CommandReply> Succeed(VideoJob job, VideoDocument document, SceneChange change, Caller caller, HttpContext http)
    {
        if (job.Document.Revision == VideoJobs.RevisionLimit)
            return new CommandReply.Refused(new Rejection("too-many-revisions", $"The job has {VideoJobs.RevisionLimit} revisions; make a new one"));
        document.BecomeRevision(job.Document.Revision + 1, job.InsertedAt);
        var origin = RequestOrigin.Of(caller, http);
        var workflow = await jobs.Workflow(caller.Tenant) ?? job.State.Spec.Workflow;
        var spec = VideoJobs.SpecOf(document, workflow, origin);
        if (!job.State.Status.IsTerminal()) spec = spec with { DependsOn = [job.State.Id], OnDependencyFailure = DependencyPolicy.Run };
        // Who wants one scene anew has not asked for others that nobody has approved yet.
        return await jobs.Submit(spec, origin.By, approves: change.StartsAtOnce && document.Orders == 1);
    }

    private async Task<IResult> Answer(string id, Caller caller, SceneChange change, SceneOutcome outcome)
    {
        if (await jobs.Find(id, caller.Tenant) is not { } job) return VideoAnswer.NoJob(id);
        var book = await SceneBook.Open(job, jobs);
        var body = new JsonObject { ["message"] = change.Message, ["job_id"] = job.Document.Number, ["status"] = job.Status };
        if (outcome.Index >= 0 && outcome.Index < book.Scenes.Count) body["scene"] = book.View(outcome.Index);
        body["progress"] = book.Progress.ToJson();
        body["estimated_cost"] = job.Document.EstimatedCost;
        return VideoAnswer.Ok(body);
    }

    /// <summary>Puts the fields of a body into a scene; null takes one away.</summary>
    private static IEnumerable<(string Field, string Message)> Apply(JsonObject scene, JsonObject body)
    {
        var fields = new VideoFields(body);
        foreach (var name in SceneRules.Editable.Where(fields.Has))
        {
            if (fields.Value(name) is { } value) scene[name] = value.DeepClone();
            else scene.Remove(name);
        }

        var known = SceneRules.Editable.SelectMany(name => new[] { name, VideoFields.Camel(name) });
        return UnknownNames.In(body.Select(pair => pair.Key), known).Select(name => (name, $"is no field of a scene; known are {string.Join(", ", SceneRules.Editable)}"));
    }

    private static ContractJson StillOpen(VideoJob job, string verb) => VideoAnswer.Error(
        StatusCodes.Status422UnprocessableEntity, $"Scene cannot be {verb} while job is {job.Status}", ("job_id", job.Document.Number), ("current_status", job.Status));
}
