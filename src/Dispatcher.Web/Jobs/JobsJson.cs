using System.Text.Json.Serialization;
using Dispatcher.Web.Jobs.Bulk;
using Dispatcher.Web.Jobs.Commanding;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Web.Jobs.Explaining;
using Dispatcher.Web.Jobs.Graphs;
using Dispatcher.Web.Jobs.Listing;
using Dispatcher.Web.Jobs.Reading;

namespace Dispatcher.Web.Jobs;

/// <summary>Source-generated JSON of jobs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateJobRequest))]
[JsonSerializable(typeof(BatchRequest))]
[JsonSerializable(typeof(BatchResponse))]
[JsonSerializable(typeof(CommandRequest))]
[JsonSerializable(typeof(DecisionRequest))]
[JsonSerializable(typeof(AmendRequest))]
[JsonSerializable(typeof(RecoverRequest))]
[JsonSerializable(typeof(PriorityRequest))]
[JsonSerializable(typeof(CommandReceipt))]
[JsonSerializable(typeof(JobReceipt))]
[JsonSerializable(typeof(JobView))]
[JsonSerializable(typeof(JobPageView))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(WhyView))]
[JsonSerializable(typeof(GraphView))]
[JsonSerializable(typeof(BulkRequest))]
[JsonSerializable(typeof(BulkPreview))]
[JsonSerializable(typeof(BulkInput))]
[JsonSerializable(typeof(BulkTotals))]
[JsonSerializable(typeof(BulkOutcome))]
internal sealed partial class JobsJson : JsonSerializerContext;
