using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Web.Contracts.WorkflowCoordinator;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>Jobs of the contract: made of image pairs or property photos, approved, read.</summary>
public sealed class CoordinatorJobTests : CoordinatorTest
{
    private const string Photos = "7d4f5a50-6f2f-4a8e-8a54-3a1a2b3c4d5e";

    private Func<IReadOnlyList<JsonObject>, IReadOnlyList<JsonObject>> _generated = scenes => scenes;

    protected override void ConfigureServices(IServiceCollection services)
    {
        base.ConfigureServices(services);
        services.AddSingleton<ISceneGenerator>(new OtherGenerator(scenes => _generated(scenes)));
    }

    [Fact]
    public async Task FromImagePairs_Answers201_WithTheWholeJob()
    {
        var answer = await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}","client_id":"c-7","parameters":{"style":"calm"},"video_name":"My house"}""");

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal("pending", answer.Text("status"));
        Assert.Equal("image_pairs", answer.Text("type"));
        Assert.Equal("Job created successfully", answer.Text("message"));
        Assert.Equal("My house", answer.Text("video_name"));
        Assert.True(answer.At("storyboard_ready").GetBoolean());
        Assert.Equal(3, answer.Number("scene_count"));
        Assert.Equal(3, answer.At("storyboard.scenes").GetArrayLength());
        Assert.Equal(15, answer.Number("storyboard.total_duration"));
        Assert.Equal((Campaign, "c-7", 5, 10), (answer.Text("campaign_id"), answer.Text("client_id"), answer.Number("clip_duration"), answer.Number("num_pairs")));
        Assert.Equal("calm", answer.Text("parameters.style"));
        Assert.Equal((2.4m, 2.4m, "USD"), (answer.At("estimated_cost").GetDecimal(), answer.At("costs.estimated").GetDecimal(), answer.Text("costs.currency")));
    }

    [Fact]
    public async Task FromImagePairs_TakesDefaults_OfFiveSecondsTenPairsAndUntitled()
    {
        var answer = await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}"}""");
        Assert.Equal((5, 10, "Untitled Video"), (answer.Number("clip_duration"), answer.Number("num_pairs"), answer.Text("video_name")));
        Assert.All(answer.At("storyboard.scenes").EnumerateArray(), scene => Assert.Equal(("veo3", 5.0), (scene.GetProperty("model").GetString(), scene.GetProperty("duration").GetDouble())));
        Assert.All(answer.At("storyboard.scenes").EnumerateArray(), scene => Assert.Equal(2, scene.GetProperty("asset_ids").GetArrayLength()));
    }

    [Fact]
    public async Task FromImagePairs_TakesCamelCase()
    {
        var answer = await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaignId":"{{Campaign}}","clientId":42,"clipDuration":7,"numPairs":2,"videoName":"Haus"}""");
        Assert.Equal((Campaign, "42", 7, 2, "Haus"), (answer.Text("campaign_id"), answer.Text("client_id"), answer.Number("clip_duration"), answer.Number("num_pairs"), answer.Text("video_name")));
    }

    [Fact]
    public async Task AJobsId_IsAnInteger_ThatJavaScriptHoldsExactly()
    {
        var (first, second) = (await Create(), await Create());
        Assert.True(second > first);
        Assert.InRange(second, 1, (1L << 53) - 1);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"campaign_id":null}""")]
    [InlineData("""{"campaign_id":""}""")]
    public async Task FromImagePairs_Answers400_WithoutACampaign(string body) =>
        AssertError(await Coordinator.Post($"{Root}/jobs/from-image-pairs", body), HttpStatusCode.BadRequest, "Missing required parameter: campaign_id");

    [Fact]
    public async Task FromImagePairs_Answers400_WithoutAssets()
    {
        LayImages("default", Photos, "notes.txt");
        AssertError(await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Photos}}"}"""), HttpStatusCode.BadRequest, "No assets found for campaign");
        AssertError(await Coordinator.Post($"{Root}/jobs/from-property-photos", $$"""{"campaign_id":"{{Photos}}"}"""), HttpStatusCode.BadRequest, "No assets found for campaign");
    }

    [Fact]
    public async Task FromImagePairs_Answers400_WithOneImage()
    {
        LayImages("default", Photos, "a.jpg");
        AssertError(await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Photos}}"}"""), HttpStatusCode.BadRequest, "At least 2 image assets are required");
    }

    [Fact]
    public async Task FromImagePairs_Answers404_ForACampaignThatIsNotThere()
    {
        var answer = await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Photos}}"}""");
        AssertError(answer, HttpStatusCode.NotFound, "Campaign not found");
        Assert.Equal(Photos, answer.Text("campaign_id"));
    }

    [Theory]
    [InlineData("\"campaign_id\":\"x\"", "campaign_id", "must be a UUID")]
    [InlineData("\"campaign_id\":\"../../etc\"", "campaign_id", "must be a UUID")]
    [InlineData("\"clip_duration\":\"5\"", "clip_duration", "must be a number")]
    [InlineData("\"clip_duration\":0", "clip_duration", "must be from 0.5 to 60")]
    [InlineData("\"num_pairs\":0", "num_pairs", "must be from 1 to 100")]
    [InlineData("\"num_pairs\":1.5", "num_pairs", "must be a whole number")]
    [InlineData("\"parameters\":[]", "parameters", "must be an object")]
    [InlineData("\"client_id\":{}", "client_id", "must be a text of 1 to 100 characters, or a number")]
    [InlineData("\"video_name\":\"  \"", "video_name", "can't be blank")]
    [InlineData("\"property_types\":[]", "property_types", "must be a list of 1 to 50 texts")]
    public async Task FromImagePairs_Answers422_WithEachFault(string field, string name, string message)
    {
        var campaign = name == "campaign_id" ? "" : $"\"campaign_id\":\"{Campaign}\",";
        var answer = await Coordinator.Post($"{Root}/jobs/from-image-pairs", $"{{{campaign}{field}}}");
        AssertError(answer, HttpStatusCode.UnprocessableEntity, "Validation failed");
        Assert.Equal(message, answer.Text($"errors.{name}.0"));
    }

    [Fact]
    public async Task FromImagePairs_Answers500_WhenTheScenesCannotBeGenerated()
    {
        _generated = _ => throw new JsonException("no scenes today");
        AssertError(await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}"}"""), HttpStatusCode.InternalServerError, "Scene generation failed");
        Assert.Empty((await Api.Get("/jobs")).At("jobs").EnumerateArray());
    }

    /// <summary>A generator of an application writes numbers as it likes.</summary>
    [Fact]
    public async Task FromImagePairs_TakesAnyKindOfNumber_FromItsGenerator()
    {
        _generated = scenes => [.. scenes.Select((scene, index) =>
        {
            scene["duration"] = index switch { 0 => JsonValue.Create(6), 1 => JsonValue.Create(7.5f), _ => JsonValue.Create(8m) };
            return scene;
        })];

        var answer = await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}"}""");

        Assert.Equal((HttpStatusCode.Created, 21.5), (answer.Status, answer.At("storyboard.total_duration").GetDouble()));
    }

    [Fact]
    public async Task FromPropertyPhotos_MakesASceneOfEachPhoto_InTheOrderOfTheTypes()
    {
        LayImages("default", Photos, "living_room_2.jpg", "exterior-front.jpg", "kitchen1.png", "living_room_1.jpg");

        var answer = await Coordinator.Post($"{Root}/jobs/from-property-photos", $$"""{"campaign_id":"{{Photos}}"}""");

        Assert.Equal((HttpStatusCode.Created, "property_photos"), (answer.Status, answer.Text("type")));
        Assert.Equal(["exterior", "kitchen", "living_room", "living_room"], answer.At("storyboard.scenes").EnumerateArray().Select(scene => scene.GetProperty("scene_type").GetString()));
        Assert.Equal(["exterior", "interior", "kitchen", "bedroom", "bathroom", "living_room"], answer.At("property_types").EnumerateArray().Select(type => type.GetString()));
        Assert.All(answer.At("storyboard.scenes").EnumerateArray(), scene => Assert.True(Guid.TryParse(scene.GetProperty("asset_id").GetString(), out _)));
    }

    [Fact]
    public async Task FromPropertyPhotos_Answers400_WithTheTypesThatStray()
    {
        LayImages("default", Photos, "kitchen_1.jpg", "pool.jpg", "garage_2.jpg");
        var answer = await Coordinator.Post($"{Root}/jobs/from-property-photos", $$"""{"campaign_id":"{{Photos}}","property_types":["kitchen","garage"]}""");
        AssertError(answer, HttpStatusCode.BadRequest, "Scenes have types that are not in property_types");
        Assert.Equal(["pool"], answer.At("invalid_types").EnumerateArray().Select(type => type.GetString()));
    }

    [Fact]
    public async Task Approve_Answers200_WhenTheApprovalIsDurable()
    {
        var number = await Create();
        var answer = await Coordinator.Post($"{Root}/jobs/{number}/approve");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal($$"""{"message":"Job approved successfully","job_id":{{number}},"status":"approved"}""", answer.Content);
        Assert.Contains("job.approved", await EventTypes(number));
    }

    [Fact]
    public async Task Approve_Answers404_ForAJobThatIsNotThere()
    {
        var answer = await Coordinator.Post($"{Root}/jobs/999/approve");
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"Job not found","job_id":"999"}"""), (answer.Status, answer.Content));
    }

    [Fact]
    public async Task Approve_Answers422_TheSecondTime()
    {
        var number = await Completed();
        var answer = await Coordinator.Post($"{Root}/jobs/{number}/approve");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal($$"""{"error":"Job cannot be approved","job_id":{{number}},"current_status":"completed","reason":"Job must be in pending state to be approved"}""", answer.Content);
    }

    [Fact]
    public async Task Approve_IsWonByOneOfAHundred_AndTheOthersGet422()
    {
        Provider.Set(new Provider.Fault { Stall = true });
        var number = await Create();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Coordinator.Post($"{Root}/jobs/{number}/approve")));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        var late = answers.Where(answer => answer.Status == HttpStatusCode.UnprocessableEntity).ToList();
        Assert.Equal(99, late.Count);
        Assert.All(late, answer => Assert.Contains(answer.Text("current_status"), new[] { "approved", "processing" }));
        Assert.Single(await EventTypes(number), type => type == "job.approved");
    }

    [Fact]
    public async Task Get_ShowsTheJob_AndNothingHasHappenedYet()
    {
        var number = await Create(""","parameters":{"style":"calm"},"client_id":"c-7" """);

        var answer = await Job(number);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(
            ["job_id", "type", "status", "progress_percentage", "current_stage", "parameters", "storyboard", "video_name", "estimated_cost", "costs", "inserted_at", "updated_at"],
            answer.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal((number, "image_pairs", "pending", 0, "storyboard_ready"), (answer.Number("job_id"), answer.Text("type"), answer.Text("status"), answer.Number("progress_percentage"), answer.Text("current_stage")));
        Assert.Equal(("calm", "c-7", Campaign, 3), (answer.Text("parameters.style"), answer.Text("parameters.client_id"), answer.Text("parameters.campaign_id"), answer.Number("parameters.num_pairs")));
        Assert.Equal((2.4m, "Untitled Video"), (answer.At("costs.estimated").GetDecimal(), answer.Text("video_name")));
        Assert.Matches("^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$", answer.Text("inserted_at"));
        Assert.Matches("^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$", answer.Text("updated_at"));
    }

    [Fact]
    public async Task Get_Answers404_ForAJobThatIsNotThere()
    {
        var answer = await Coordinator.Get($"{Root}/jobs/123");
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"Job not found","job_id":"123"}"""), (answer.Status, answer.Content));
    }

    [Fact]
    public async Task OneIdempotencyKey_IsOneJob_OfAHundredRequestsAtOnce()
    {
        var body = $$"""{"campaign_id":"{{Campaign}}"}""";

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Coordinator.Post($"{Root}/jobs/from-image-pairs", body, ("Idempotency-Key", "order-1"))));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.Status));
        Assert.Single(answers.Select(answer => answer.Number("job_id")).Distinct());
        Assert.Single((await Api.Get("/jobs")).At("jobs").EnumerateArray());
        var other = await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}","num_pairs":1}""", ("Idempotency-Key", "order-1"));
        AssertError(other, HttpStatusCode.Conflict, "The idempotency key belongs to another request");
    }

    /// <summary>What the key stands for is the request, and not what was made of it at the time.</summary>
    [Fact]
    public async Task OneIdempotencyKey_IsOneJob_WhateverHasBecomeOfTheCampaign()
    {
        var body = $$"""{"campaign_id":"{{Campaign}}","client_id":7,"parameters":{"style":"calm"} }""";
        var first = await Coordinator.Post($"{Root}/jobs/from-image-pairs", body, ("Idempotency-Key", "order-1"));

        LayImages("default", Campaign, "e.jpg");
        var more = await Coordinator.Post($"{Root}/jobs/from-image-pairs", body, ("Idempotency-Key", "order-1"));
        Directory.Delete(Path.Combine(DataDirectory, "laid", "default", "campaigns", Campaign), recursive: true);
        var none = await Coordinator.Post($"{Root}/jobs/from-image-pairs", body, ("Idempotency-Key", "order-1"));

        Assert.Equal(HttpStatusCode.Created, first.Status);
        Assert.Equal((first.Content, first.Content), (more.Content, none.Content));
        var other = await Coordinator.Post($"{Root}/jobs/from-image-pairs", body.Replace("calm", "loud", StringComparison.Ordinal), ("Idempotency-Key", "order-1"));
        AssertError(other, HttpStatusCode.Conflict, "The idempotency key belongs to another request");
    }

    [Fact]
    public async Task AHundredRequestsAtOnce_AreAHundredJobs_WithoutAKey()
    {
        var numbers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Create()));
        Assert.Equal(100, numbers.Distinct().Count());
    }

    private async Task<IReadOnlyList<string?>> EventTypes(long number) =>
        [.. (await Api.Get($"/jobs/{(await EngineJobs(number))[^1]}/events")).At("events").EnumerateArray().Select(e => e.GetProperty("type").GetString())];

    /// <summary>The plain scenes, changed.</summary>
    private sealed class OtherGenerator(Func<IReadOnlyList<JsonObject>, IReadOnlyList<JsonObject>> change) : ISceneGenerator
    {
        private readonly SceneGenerator _plain = new();

        public async ValueTask<IReadOnlyList<JsonObject>> Generate(SceneOrder order, CancellationToken cancellation) => change(await _plain.Generate(order, cancellation));
    }
}
