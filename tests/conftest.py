# SPDX-License-Identifier: Apache-2.0
# Its presence puts tests/ on the import path, so that `harness` is found from every tier.
