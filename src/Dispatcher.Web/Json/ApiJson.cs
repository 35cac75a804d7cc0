using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Web.Admin;
using Dispatcher.Web.Artifacts;
using Dispatcher.Web.Callbacks;
using Dispatcher.Web.Contracts.JobOrchestrator;
using Dispatcher.Web.Contracts.TalkAvocado;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Keys;
using Dispatcher.Web.Patterns;
using Dispatcher.Web.Quotas;
using Dispatcher.Web.Schedules;
using Dispatcher.Web.Stats;
using Dispatcher.Web.Workers;
using Dispatcher.Web.Workflows;

namespace Dispatcher.Web.Json;

/// <summary>JSON of the gateway: snake_case, and strict: no unknown or duplicate fields, no numbers in texts, no comments.</summary>
public static class ApiJson
{
    /// <summary>Levels of nesting that a body may have.</summary>
    public const int DepthLimit = 64;

    /// <summary>The same for everything that leaves the gateway: answers, live feeds, callbacks.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.PropertyNameCaseInsensitive = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.MaxDepth = DepthLimit;
        // Answers are JSON, never pieces of HTML pages; texts stay readable.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new CheckedJsonElementConverter());
        options.TypeInfoResolverChain.Insert(0, ApiJsonContext.Default);
        options.TypeInfoResolverChain.Insert(0, CallbacksJson.Default);
        options.TypeInfoResolverChain.Insert(0, KeysJson.Default);
        options.TypeInfoResolverChain.Insert(0, JobsJson.Default);
        options.TypeInfoResolverChain.Insert(0, WorkflowsJson.Default);
        options.TypeInfoResolverChain.Insert(0, ArtifactsJson.Default);
        options.TypeInfoResolverChain.Insert(0, WorkersJson.Default);
        options.TypeInfoResolverChain.Insert(0, StatsJson.Default);
        options.TypeInfoResolverChain.Insert(0, QuotaJson.Default);
        options.TypeInfoResolverChain.Insert(0, AdminJson.Default);
        options.TypeInfoResolverChain.Insert(0, SchedulesJson.Default);
        options.TypeInfoResolverChain.Insert(0, PatternsJson.Default);
        options.TypeInfoResolverChain.Insert(0, TalkJson.Default);
        options.TypeInfoResolverChain.Insert(0, OrchestratorJson.Default);
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly();
        return options;
    }
}
