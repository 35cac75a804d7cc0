using System.Text.Json.Serialization;
using Dispatcher.Web.Admin.Log;

namespace Dispatcher.Web.Admin;

/// <summary>Source-generated JSON of the operator's endpoints.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClusterStateView))]
[JsonSerializable(typeof(ClusterChangeView))]
[JsonSerializable(typeof(NodeOrderView))]
[JsonSerializable(typeof(ShardListView))]
[JsonSerializable(typeof(ShardMoveRequest))]
[JsonSerializable(typeof(ShardMoveView))]
[JsonSerializable(typeof(RebalanceView))]
[JsonSerializable(typeof(VerificationView))]
[JsonSerializable(typeof(JobLocationView))]
[JsonSerializable(typeof(ActorListView))]
[JsonSerializable(typeof(LogPageView))]
internal sealed partial class AdminJson : JsonSerializerContext;
