using System.Globalization;
using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>Makes jobs out of requests.</summary>
internal sealed partial class VideoCreator(DispatcherEngine engine, VideoJobs jobs, JobNumber numbers, ISceneGenerator generator, ILogger<VideoCreator> logger)
{
    /// <summary>Draws of a number that another process has drawn too.</summary>
    private const int DrawLimit = 10;

    private readonly Assets _assets = new(engine.Options.FilesDirectoryPath);

    public async Task<IResult> Create(string type, Caller caller, HttpContext http)
    {
        var (body, unreadable) = await ContractBody.ReadObject(http);
        if (unreadable is not null) return unreadable;
        var (request, refusal) = VideoRequest.Read(type, JsonObject.Create(body)!);
        if (refusal is not null) return refusal;
        if (!OrderKey.TryRead(http, caller.Tenant, type, out var keyed, out var bad)) return bad!;
        // Before anything is made of it: the campaign's images may be others by now, and the request is the same.
        if (keyed is { } number && await Find(number, caller) is { } known) return Repeated(known, number, request!);
        var (scenes, assets, fault) = await Scenes(request!, caller.Tenant, http.RequestAborted);
        return fault ?? await Submit(request!, keyed, scenes, assets, caller, http);
    }

    private async ValueTask<(IReadOnlyList<JsonObject> Scenes, IReadOnlyList<Asset> Assets, ContractJson? Fault)> Scenes(VideoRequest request, string tenant, CancellationToken cancellation)
    {
        try
        {
            if (_assets.Find(tenant, request.Campaign) is not { } assets) return Refuse(StatusCodes.Status404NotFound, "Campaign not found", request);
            if (assets.Count == 0) return Refuse(StatusCodes.Status400BadRequest, "No assets found for campaign", request);
            if (request.Type == VideoRequest.ImagePairs && assets.Count < 2) return Refuse(StatusCodes.Status400BadRequest, "At least 2 image assets are required", request);
            var order = new SceneOrder(
                request.Type, [.. assets.Select(asset => (asset.Id, asset.Name))], request.ClipSeconds, request.Pairs, request.PropertyTypes, request.Model, request.AspectRatio, request.Prompt);
            // As they are when they come back from the store, whatever kinds of numbers a generator has put into them.
            var scenes = (await generator.Generate(order, cancellation)).Select(scene => JsonNode.Parse(scene.ToJsonString())!.AsObject()).ToList();
            return (scenes, assets, SceneRules.Faults(request, scenes, assets));
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            LogNotGenerated(failure);
            return Refuse(StatusCodes.Status500InternalServerError, "Scene generation failed", request);
        }
    }

    private async Task<IResult> Submit(VideoRequest request, long? keyed, IReadOnlyList<JsonObject> scenes, IReadOnlyList<Asset> assets, Caller caller, HttpContext http)
    {
        if (await jobs.Workflow(caller.Tenant) is not { } workflow)
            return VideoAnswer.Error(StatusCodes.Status503ServiceUnavailable, $"The workflow {VideoJobs.WorkflowName} is not registered; register samples/scenes/coordinator.yaml");
        var origin = RequestOrigin.Of(caller, http);
        for (var draw = 0; ; draw++)
        {
            var document = VideoDocument.Create(keyed ?? numbers.Next(), request, scenes, assets);
            switch (await jobs.Submit(VideoJobs.SpecOf(document, workflow, origin), origin.By))
            {
                case CommandReply.Done or CommandReply.Accepted:
                    return new ContractJson(StatusCodes.Status201Created, VideoViews.Created(document, Pipeline.Pending, request));
                case CommandReply.Duplicate when keyed is { } number:
                    return Repeated(await Find(number, caller), number, request);
                case CommandReply.Duplicate when draw < DrawLimit:
                    continue;
                case CommandReply.Refused refused:
                    return VideoAnswer.Error(refused.Rejection.Code == "payload-too-large" ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status422UnprocessableEntity, refused.Rejection.Message);
                case CommandReply.Unavailable unavailable:
                    return Refusal.Unavailable(unavailable).ToProblem(http);
                default:
                    return Refusal.Unavailable("No number is free now; give the request again.").ToProblem(http);
            }
        }
    }

    private ValueTask<VideoJob?> Find(long number, Caller caller) => jobs.Find(number.ToString(CultureInfo.InvariantCulture), caller.Tenant);

    /// <summary>The job that the key has made, if it was made of this request.</summary>
    private static ContractJson Repeated(VideoJob? known, long number, VideoRequest request) => known is not null && request.Asks(known.Document)
        ? new ContractJson(StatusCodes.Status201Created, VideoViews.Created(known.Document, known.Status, request))
        : VideoAnswer.Error(StatusCodes.Status409Conflict, "The idempotency key belongs to another request", ("job_id", number));

    private static (IReadOnlyList<JsonObject>, IReadOnlyList<Asset>, ContractJson) Refuse(int status, string error, VideoRequest request) =>
        ([], [], VideoAnswer.Error(status, error, ("campaign_id", request.Campaign.ToString("D"))));

    [LoggerMessage(EventId = 5300, Level = LogLevel.Error, Message = "The scenes of a video could not be generated")]
    private partial void LogNotGenerated(Exception failure);
}
