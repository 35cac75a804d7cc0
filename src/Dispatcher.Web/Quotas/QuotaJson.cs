using System.Text.Json.Serialization;

namespace Dispatcher.Web.Quotas;

/// <summary>Source-generated JSON of quota.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SetQuotaRequest))]
[JsonSerializable(typeof(CheckQuotaRequest))]
[JsonSerializable(typeof(ReserveQuotaRequest))]
[JsonSerializable(typeof(CommitQuotaRequest))]
[JsonSerializable(typeof(RollbackQuotaRequest))]
[JsonSerializable(typeof(QuotaPage))]
[JsonSerializable(typeof(QuotaCheckView))]
[JsonSerializable(typeof(ReservationView))]
[JsonSerializable(typeof(LedgerPage))]
internal sealed partial class QuotaJson : JsonSerializerContext;
