using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows;

/// <summary>Definitions and scopes that several tests use.</summary>
internal static class Examples
{
    /// <summary>The example of the specification.</summary>
    public const string TalkVideo = """
        name: talk-video            # a comment
        version: 3
        description: Cut the pauses out of a recorded talk
        approval: required
        max_recovery_attempts: 3
        timeout: 2h
        input:
          type: object
          required: [video]
          properties: { video: { type: string } }
        steps:
          - id: audio
            uses: process.run
            with: { command: ffmpeg, args: ["-i", "${input.video}", "${artifacts.path('audio/talk.wav')}"] }
            artifacts: [ { name: audio, path: "audio/talk.wav" } ]
            timeout: 5m
            retry: { max_attempts: 4, backoff: exponential, initial: 1s, factor: 2, max: 1m, jitter: 0.2, on: [transient, timeout] }
            estimated_duration: 20s
          - id: scenes
            uses: media.detect-silence
            needs: [audio]
          - id: render
            uses: media.render-scene
            needs: [scenes]
            stage: render
            for_each: "${steps.scenes.output.keep}"
            max_concurrency: 4
            on_error: continue
            with: { video: "${input.video}", start: "${item.start}", end: "${item.end}", index: "${item_index}" }
          - id: stitch
            uses: media.concat
            needs: [render]
          - id: review
            uses: approval
            when: "${input.review == true}"
            with: { deadline: 72h, on_timeout: reject }
        output: { video: "${steps.stitch.output.path}" }
        """;

    public static JsonElement Json(string json) => JsonElement.Parse(json);

    /// <summary>A definition of one step with further keys.</summary>
    public static string OneStep(string step, string top = "") => $"name: demo\nversion: 1\n{top}steps:\n  - id: a\n    uses: noop\n{step}";

    public static WorkflowFault[] FaultsOf(string text, string name = "demo.yaml") => [.. Assert.Throws<WorkflowDefinitionException>(() => WorkflowDefinition.Parse(text, name)).Faults];
}

/// <summary>A scope of fixed values.</summary>
internal sealed class FixedScope : IExpressionScope
{
    public JsonElement? Input { get; init; } = Examples.Json("""{"video":"talk.mp4","count":3,"ok":true,"none":null,"list":[1,2,{"x":"y"}],"nest":{"a":{"b":1},"c-d":"e","f g":5}}""");

    public JsonElement? Item { get; init; } = Examples.Json("""{"start":1.5,"end":2}""");

    public int? ItemIndex { get; init; } = 7;

    public JobId JobId { get; init; } = JobId.Parse("0190163d-8694-739b-aea5-966c26f8ad91");

    public string Tenant { get; init; } = "acme";

    public JsonElement? Env { get; init; } = Examples.Json("""{"region":"eu"}""");

    public StepView Step(string id) => id switch
    {
        "scenes-1" => new StepView(StepStatus.Completed, Examples.Json("""{"keep":[{"start":0}]}"""), 2),
        "broken" => new StepView(StepStatus.Failed, null, 1, new Failure(ErrorClass.Timeout, "too late", "TIMEOUT")),
        _ => new StepView(StepStatus.Skipped, null, 0),
    };

    public string ArtifactPath(string relative) => "/data/job/" + relative;
}
