// Hands each value to the host, and returns what the host returns.

#include "gen/exchange.h"

#define BY_VALUE(name, type) \
    type exports_guest_pass_##name(type value) { return host_pass_##name(value); }
#define BY_POINTER(name, type) \
    void exports_guest_pass_##name(type *value, type *ret) { host_pass_##name(value, ret); }
#define OPTION(name, type) \
    bool exports_guest_pass_##name(type *value, type *ret) { return host_pass_##name(value, ret); }

BY_VALUE(bool, bool)
BY_VALUE(u8, uint8_t)
BY_VALUE(u16, uint16_t)
BY_VALUE(u32, uint32_t)
BY_VALUE(u64, uint64_t)
BY_VALUE(s8, int8_t)
BY_VALUE(s16, int16_t)
BY_VALUE(s32, int32_t)
BY_VALUE(s64, int64_t)
BY_VALUE(f32, float)
BY_VALUE(f64, double)
BY_VALUE(char, uint32_t)
BY_POINTER(string, exchange_string_t)
BY_POINTER(list_u8, exchange_list_u8_t)
BY_POINTER(list_u16, exchange_list_u16_t)
BY_POINTER(list_u32, exchange_list_u32_t)
BY_POINTER(list_u64, exchange_list_u64_t)
BY_POINTER(list_s32, exchange_list_s32_t)
BY_POINTER(list_f64, exchange_list_f64_t)
BY_POINTER(list_string, exchange_list_string_t)
BY_POINTER(list_tuple, exchange_list_tuple2_string_string_t)
// A list of records has a type of its own in each interface, with the same layout.
void exports_guest_pass_list_record(exports_guest_list_record_of_all_t *value, exports_guest_list_record_of_all_t *ret) {
    host_pass_list_record((host_list_record_of_all_t *)value, (host_list_record_of_all_t *)ret);
}
OPTION(option_bool, bool)
OPTION(option_u8, uint8_t)
OPTION(option_u16, uint16_t)
OPTION(option_u32, uint32_t)
OPTION(option_u64, uint64_t)
OPTION(option_f64, double)
OPTION(option_string, exchange_string_t)
OPTION(option_record, types_record_of_all_t)
BY_POINTER(tuple, exchange_tuple2_string_f64_t)
BY_POINTER(record, types_record_of_all_t)
BY_POINTER(variant, types_choice_t)
BY_VALUE(enum, types_season_t)
BY_VALUE(flags, types_kinds_t)
